"""synqd's own change log in Magento's database."""

from synqd.magento.records import Finding, InstallReport


class ChangeLog:
    """Installs, checks and removes the change-log tables and triggers."""

    async def install(self) -> InstallReport:
        """Creates what is missing and renews what changed; does nothing where all is well.

        Raises:
            Denied: a right is missing; the message has the GRANT.
            ConfigError: a table that is watched does not exist.
            MagentoUnavailable: a table stayed locked for too long; what was done so far stays, run it again.
        """
        raise NotImplementedError

    async def verify(self) -> list[Finding]:
        """What is missing, changed or superfluous; a single OK finding where all is well."""
        raise NotImplementedError

    async def render(self) -> str:
        """The SQL that a DBA runs instead of ``install``, GRANTs for the daemon's user included."""
        raise NotImplementedError

    async def uninstall(self) -> tuple[str, ...]:
        """Removes all triggers and tables of this change log; returns their names."""
        raise NotImplementedError
