"""The table of shipped files."""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
UNITS = "lib/systemd/system"


@dataclass(frozen=True, slots=True)
class Shipped:
    """One file that ships with synqd.

    Attributes:
        source: its path in this package, or, in a checkout, in the repository.
        target: its place under the prefix.
    """

    source: str
    target: str

    @property
    def path(self) -> Path:
        """Where it can be read."""
        packaged = HERE / self.source
        return packaged if packaged.exists() else HERE.parent.parent / self.source


FILES = (
    Shipped("systemd/synqd.service", f"{UNITS}/synqd.service"),
    Shipped("systemd/synqd.socket", f"{UNITS}/synqd.socket"),
    Shipped("systemd/synqd@.service", f"{UNITS}/synqd@.service"),
    Shipped("systemd/synqd@.socket", f"{UNITS}/synqd@.socket"),
    Shipped("systemd/synqd.sysusers", "lib/sysusers.d/synqd.conf"),
    Shipped("systemd/synqd.tmpfiles", "lib/tmpfiles.d/synqd.conf"),
    Shipped("man/synqd.8", "share/man/man8/synqd.8"),
    Shipped("man/synqctl.1", "share/man/man1/synqctl.1"),
    Shipped("man/synqd.toml.5", "share/man/man5/synqd.toml.5"),
    Shipped("completion/synqd.bash", "share/bash-completion/completions/synqd"),
    Shipped("completion/synqctl.bash", "share/bash-completion/completions/synqctl"),
    Shipped("completion/synqd.zsh", "share/zsh/site-functions/_synqd"),
    Shipped("completion/synqctl.zsh", "share/zsh/site-functions/_synqctl"),
    Shipped("completion/synqd.fish", "share/fish/vendor_completions.d/synqd.fish"),
    Shipped("completion/synqctl.fish", "share/fish/vendor_completions.d/synqctl.fish"),
    Shipped("synqd.toml.example", "share/synqd/synqd.toml.example"),
    Shipped("monitoring/alerts.yml", "share/synqd/alerts.yml"),
    Shipped("monitoring/dashboard.json", "share/synqd/dashboard.json"),
    Shipped("docs/runbook.md", "share/synqd/runbook.md"),
)
"""Everything that ``synqd install-service`` puts in place."""
