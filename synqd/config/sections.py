"""The sections of the configuration file, with every key, its default and its bounds."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from synqd.config.mapping import (
    AnyModelSettings,
    AtStart,
    CustomerSettings,
    OrderSettings,
    PlainSettings,
    ProductSettings,
    Section,
    SubscriberSettings,
)
from synqd.config.shop import ShopSection
from synqd.config.urls import checked_path, checked_url
from synqd.models.names import Model

Seconds = Annotated[float, Field(gt=0, le=86_400)]

HOSTS: Mapping[str, str] = {
    "azure-eu": "https://api.synerise.com",
    "azure-us": "https://api.azu.synerise.com",
    "gcp": "https://api.geb.synerise.com",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class MagentoSettings(Section):
    """How to reach Magento's database, and how changes are seen there."""

    host: str = "127.0.0.1"
    """Host name or address of the database server."""
    port: Annotated[int, Field(ge=1, le=65535)] = 3306
    """TCP port of the database server."""
    socket: Path | None = None
    """Unix socket of the server; used instead of host and port when given."""
    write_host: str | None = None
    """The primary server, if host (or socket) is a replica; the change log is installed and purged there."""
    write_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """TCP port of `write_host`; the same as `port` when not given."""
    database: str = "magento"
    """Name of Magento's database."""
    user: str = "synqd"
    """Database user; `synqd changelog print` lists the rights it needs."""
    password_file: Path | None = None
    """File with the user's password, or the name of a systemd credential; an empty file means no password."""
    root: Path | None = None
    """Directory of the shop, where `env.php` and `config.php` can be read; else see `[shop.config]`."""
    table_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]*$")] = ""
    """Magento's table prefix (`db/table_prefix` in `app/etc/env.php`)."""
    tls: Literal["auto", "verify", "verify-ca", "require", "off"] = "auto"
    """`verify-ca`: no host name; `require`: only encrypts; `auto`: `verify`, but no TLS on loopback."""
    tls_ca: Path | None = None
    """CA certificates for `verify` (the system's when not given) and `verify-ca`."""
    capture: Literal["triggers", "readonly"] = "triggers"
    """`triggers`: synqd's own change log; `readonly`: Magento's own `*_cl` tables, no DDL rights needed."""
    own_triggers: Literal["auto", "all"] = "auto"
    """`auto`: none beside Magento's own; `all`: everywhere, only with ACSD-56741 or before Magento 2.4.6."""
    poll_interval: Annotated[float, Field(ge=0.02, le=60)] = 0.3
    """Seconds between two looks at the change log; up to about `settle`, they delay next to nothing."""
    connections: Annotated[int, Field(ge=1, le=32)] = 4
    """Connections that read at the same time, besides those of the change log: one, at most five."""
    rows_per_second: Annotated[int, Field(ge=1000)] | None = None
    """Most rows to read in a second, the change log's apart; no limit by default. Live changes wait, too."""
    connect_timeout: Seconds = 5.0
    """Seconds to connect, greeting and login included."""
    query_timeout: Seconds = 30.0
    """Seconds for one query."""
    retention_days: Annotated[float, Field(gt=0, le=365)] = 7.0
    """Days for which rows of the change log are kept, and for which triggers write without a daemon."""

    @property
    def primary(self) -> "MagentoSettings | None":
        """How to reach the server that is written to, where that is another one than is read from."""
        if self.write_host is None:
            return None
        port = self.write_port or self.port
        return self.model_copy(
            update={"socket": None, "host": self.write_host, "port": port, "write_host": None}
        )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.write_port is not None and self.write_host is None:
            raise ValueError("write_port: it is that of `write_host`, which is not given")
        return self


class SyncSettings(Section):
    """What is synchronized, and how live changes leave."""

    enabled: bool = False
    """Nothing is read or sent until this is true."""
    models: tuple[Model, ...] = tuple(Model)
    """The models to synchronize."""
    stores: tuple[str, ...] | Literal["all"] = "all"
    """Codes of the store views to synchronize, or `all`."""
    continuous: Literal["adaptive", "separate"] = "adaptive"
    """`adaptive`: a change leaves alone, a backlog shares requests; `separate`: one request per item."""
    settle: Annotated[float, Field(ge=0, le=60)] = 0.25
    """Seconds of quiet before a live change leaves; 0 sends at once."""
    settle_ceiling: Annotated[float, Field(ge=0, le=600)] = 0.75
    """A live change leaves at most this many seconds after its first row was seen."""
    skip_unchanged: bool = True
    """A live change whose payload is what was sent last is not sent again."""
    on_config_change: Literal["notify", "resync"] = "notify"
    """What happens when base URLs, currencies, rates or taxes change in Magento."""
    mapping: Literal["store", "module"] = "store"
    """`store`: what a shopper of the store view sees; `module`: as the official module maps."""


class WorkspaceSettings(Section):
    """One Synerise workspace and the part of the shop that belongs to it."""

    environment: Literal["azure-eu", "azure-us", "gcp"] = "azure-eu"
    """Where the workspace lives; decides the host."""
    base_url: str | None = None
    """Address of the API instead of the environment's; `http://` only for loopback."""
    auth: Literal["jwt", "basic"] = "jwt"
    """`jwt`: log in with the key, renew by itself; `basic`: guid and key with each request."""
    guid: str | None = None
    """GUID of the workspace, for `basic`."""
    api_key_file: Path
    """File with the workspace API key, or the name of a systemd credential."""
    login_path: str = "/uauth/v2/auth/login/profile"
    """Path of the login; older workspaces use `/v4/auth/login/profile`."""
    websites: tuple[str, ...] = ()
    """Codes of the websites whose store views belong to this workspace."""
    stores: tuple[str, ...] = ()
    """Codes of single store views that belong to this workspace."""
    max_in_flight: Annotated[int, Field(ge=1, le=256)] = 8
    """Requests of a full synchronization under way at a time; above 1, live changes have two more."""
    requests_per_second: Annotated[float, Field(gt=0)] | None = None
    """Ceiling of requests a second; none by default."""
    timeout: Seconds = 30.0
    """Seconds for one request, answer included."""
    token_max_age: Seconds = 2700.0
    """Seconds after which a token is renewed whose expiry cannot be read."""

    @property
    def url(self) -> str:
        """Address of the API, without a trailing slash."""
        return (self.base_url or HOSTS[self.environment]).rstrip("/")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        self._check_addresses()
        if self.auth == "basic" and not self.guid:
            raise ValueError('guid: auth = "basic" needs the workspace GUID')
        if not self.websites and not self.stores:
            raise ValueError("websites: name at least one website (or store view in `stores`)")
        return self

    def _check_addresses(self) -> None:
        for name, check, value in (
            ("base_url", _checked_api, self.url),
            ("login_path", checked_path, self.login_path),
        ):
            try:
                check(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error


def _checked_api(url: str) -> None:
    parts = checked_url(url, ("https", "http"))
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError(f"{url} would send customer data unencrypted; use https://")


class ScheduleSettings(Section):
    """A full synchronization by the clock."""

    cron: str
    """Five cron fields: minute, hour, day of month, month, day of week."""
    time_zone: str = "UTC"
    """Time zone of the expression."""
    models: tuple[Model, ...] = tuple(Model)
    """The models to synchronize."""
    stores: tuple[str, ...] | Literal["all"] = "all"
    """Codes of the store views, or `all`."""
    changed_only: bool = False
    """Skip items whose payload is what was sent last."""


def _state_directory() -> Path:
    """Where systemd wants state to be kept (systemd.exec(5): several directories are joined by colons)."""
    return Path(os.environ.get("STATE_DIRECTORY", "").partition(":")[0] or "/var/lib/synqd")


class QueueSection(Section):
    """The queue file and its sizes."""

    directory: Annotated[Path, AtStart()] = Field(default_factory=_state_directory)
    """State directory; the queue file lies in it. Under systemd the default is its `StateDirectory=`."""
    reserve_mib: Annotated[int, Field(ge=0, le=4096), AtStart()] = 64
    """MiB set aside so that deliveries can still be recorded when the disk is full."""
    full_backlog: Annotated[int, Field(ge=1_000, le=5_000_000)] = 20_000
    """Most items that full synchronizations keep waiting in the queue at a time."""
    log_lines: Annotated[int, Field(ge=1_000, le=10_000_000)] = 200_000
    """Lines of the synchronization log that are kept; the oldest go first."""
    log_days: Annotated[float, Field(gt=0, le=3650)] = 30.0
    """Days for which lines of the synchronization log are kept."""
    dead_letter_payloads: bool = True
    """Whether dead letters keep the payload, which may hold personal data."""
    dead_letter_payload_days: Annotated[float, Field(gt=0, le=3650)] = 30.0
    """Days for which a dead letter keeps its payload; without it, it stays until discarded or delivered."""
    dead_letter_payload_mib: Annotated[int, Field(ge=0, le=100_000)] = 256
    """Most MiB of all payloads of dead letters; the oldest payloads go first."""


HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:\[\]-]+$")]


class MetricsSettings(Section):
    """Where Prometheus finds the metrics."""

    listen: Annotated[str, Field(pattern=r"^(\S+:\d+|off)$"), AtStart()] = "127.0.0.1:9464"
    """Address and port, or `off`."""
    allowed_hosts: Annotated[tuple[HostName, ...], AtStart()] = ()
    """Names by which it may be asked besides its own and `localhost`; beyond loopback none means any."""
    runbook_url: str | None = None
    """Where alerts link to, as `synqd install-service` writes the rules; the installed file by default."""

    @model_validator(mode="after")
    def _linked(self) -> Self:
        if self.runbook_url is not None:
            try:
                checked_url(self.runbook_url, ("https", "http"), query=True)
            except ValueError as error:
                raise ValueError(f"runbook_url: {error}") from error
        return self


class NotifySettings(Section):
    """Messages to a webhook; none without an address."""

    url_file: Path | None = None
    """File with the webhook's address, or the name of a systemd credential; `https://` but for loopback."""
    secret_file: Path | None = None
    """File with the secret that messages are signed with (HMAC-SHA-256, `X-Synqd-Signature`)."""
    format: Literal["json", "slack", "teams"] = "json"
    """`json` for programs, `slack` and `teams` for their incoming webhooks."""
    events: tuple[Literal["dead-letters", "key-refused", "capture-damaged", "job-ended"], ...] = (
        "dead-letters",
        "key-refused",
        "capture-damaged",
        "job-ended",
    )
    """What is told."""
    name: Annotated[str, Field(min_length=1, max_length=100)] = "synqd"
    """Who speaks, in each message: a name for the shop."""


class ControlSettings(Section):
    """The operator's socket."""

    socket: Annotated[Path, AtStart()] = Path("/run/synqd/control.sock")
    """Path of the unix socket."""
    mode: Annotated[str, Field(pattern=r"^0?[0-7]{3}$"), AtStart()] = "0660"
    """Its file mode."""
    group: Annotated[str | None, AtStart()] = None
    """Its group; the daemon's own when not given."""


class LogSettings(Section):
    """The daemon's log."""

    format: Literal["text", "json"] = "text"
    """`text` for the journal, `json` for collectors."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is written."""


PLAIN = PlainSettings()


class Settings(Section):
    """The whole configuration."""

    magento: MagentoSettings = Field(default_factory=MagentoSettings)
    shop: ShopSection = Field(default_factory=ShopSection)
    sync: SyncSettings = Field(default_factory=SyncSettings)
    workspaces: Mapping[str, WorkspaceSettings] = Field(default_factory=dict)
    customer: CustomerSettings = Field(default_factory=CustomerSettings)
    order: OrderSettings = Field(default_factory=OrderSettings)
    product: ProductSettings = Field(default_factory=ProductSettings)
    subscriber: SubscriberSettings = Field(default_factory=SubscriberSettings)
    schedule: tuple[ScheduleSettings, ...] = ()
    queue: QueueSection = Field(default_factory=QueueSection)
    metrics: MetricsSettings = Field(default_factory=MetricsSettings)
    notify: NotifySettings = Field(default_factory=NotifySettings)
    control: ControlSettings = Field(default_factory=ControlSettings)
    log: LogSettings = Field(default_factory=LogSettings)

    def max_items(self, model: Model) -> int:
        """Most items of a model that share a request."""
        return self.section(model).max_items_per_request

    def section(self, model: Model) -> AnyModelSettings:
        """The section of a model with its scopes; a plain one where it has none of its own."""
        found: AnyModelSettings = getattr(self, model, PLAIN)
        return found
