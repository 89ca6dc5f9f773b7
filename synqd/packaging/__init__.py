"""What ships with synqd beside the code, and how it gets to its places on a host.

``files``    the table: units, sysusers and tmpfiles snippets, manual pages, completion, an example
             configuration, alert rules and the dashboard, each with its place under a prefix
``install``  compares the table with a host and puts in place what is missing or outdated

An installation writes only files of the table, each whole and by renaming, so it may be repeated or cut off;
an upgrade is the same again. Configuration, secrets, queue and drop-ins of the administrator are in other
places (/etc, /var/lib) and never touched.

``man``, ``completion`` and ``synqd.toml.example`` are generated from the commands and settings
(tools/shipped.py); ``systemd``, ``monitoring`` and the runbook are copied into the wheel from the top of the
repository.
"""

from synqd.packaging.files import FILES, Shipped
from synqd.packaging.install import Choices, Step, hidden, install, overrides, plan

__all__ = ["FILES", "Choices", "Shipped", "Step", "hidden", "install", "overrides", "plan"]
