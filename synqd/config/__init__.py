"""Settings: one TOML file, overridden by environment, checked as a whole before anything is opened.

``sections``  the sections and their keys, as frozen pydantic models; ``mapping`` those of the four models
``loading``   file + environment -> ``Settings``, or one ``ConfigError`` that names every wrong key
``environment``  values from variables, lists too
``shop``      settings of the shop that stand outside its database
``secrets``   passwords and keys, read from files or systemd credentials, never printed
``scopes``    which workspace a store view belongs to, and a section's values for one store view

Nothing here touches Magento: names of websites and store views are checked against the shop in ``scopes``.
"""

from synqd.config.loading import DEFAULT_CONFIG, is_environment_alone, load_settings
from synqd.config.mapping import CustomerSettings, OrderSettings, ProductSettings, SubscriberSettings
from synqd.config.scopes import Route, Routes, fingerprint
from synqd.config.secrets import Secret, exposed, hold_secrets, read_secret, secret_files
from synqd.config.sections import (
    ControlSettings,
    LogSettings,
    MagentoSettings,
    MetricsSettings,
    NotifySettings,
    QueueSection,
    ScheduleSettings,
    Settings,
    SyncSettings,
    WorkspaceSettings,
)
from synqd.config.shop import DeployedSettings, ShopSection

__all__ = [
    "DEFAULT_CONFIG",
    "ControlSettings",
    "CustomerSettings",
    "DeployedSettings",
    "LogSettings",
    "MagentoSettings",
    "MetricsSettings",
    "NotifySettings",
    "OrderSettings",
    "ProductSettings",
    "QueueSection",
    "Route",
    "Routes",
    "ScheduleSettings",
    "Secret",
    "Settings",
    "ShopSection",
    "SubscriberSettings",
    "SyncSettings",
    "WorkspaceSettings",
    "exposed",
    "fingerprint",
    "hold_secrets",
    "is_environment_alone",
    "load_settings",
    "read_secret",
    "secret_files",
]
