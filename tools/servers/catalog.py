"""Which database servers are tried, and what of the tests."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Server:
    """A server as a release of Debian has it.

    Attributes:
        name: what it is called here.
        release: the release of Debian that its packages are taken from; "" for what this machine has.
        packages: its packages.
        nodes: how many of it make a cluster; 1 for a server that stands alone.
    """

    name: str
    release: str = ""
    packages: tuple[str, ...] = ()
    nodes: int = 1

    @property
    def is_mysql(self) -> bool:
        """Whether it is MySQL rather than MariaDB."""
        return self.name.startswith("mysql")


SERVERS = (
    Server("system"),
    Server("mariadb-10.5", "bullseye", ("mariadb-server-core-10.5", "libc6")),
    Server("mariadb-11.8", "trixie", ("mariadb-server-core", "libc6")),
    Server("mysql-9.7", "sid", ("mysql-server-core", "libc6")),
    Server("galera", "bookworm", ("mariadb-server-core", "galera-4", "libc6"), nodes=3),
)

SUITES: Mapping[str, tuple[str, ...]] = {
    "reader": (
        "tests/magento/test_backlog.py",
        "tests/magento/test_layout.py",
        "tests/magento/test_locks.py",
        "tests/magento/test_login.py",
        "tests/magento/test_outages.py",
        "tests/magento/test_pool.py",
        "tests/magento/test_reader.py",
        "tests/magento/test_staging.py",
        "tests/magento/test_statements.py",
        "tests/magento/test_surroundings.py",
    ),
    "change log": (
        "tests/magento/test_capture.py",
        "tests/magento/test_changelog.py",
        "tests/magento/test_config_view.py",
        "tests/magento/test_definers.py",
        "tests/magento/test_persons.py",
        "tests/magento/test_split.py",
        "tests/magento/test_tenancy.py",
    ),
    "mappings": ("tests/entities",),
    "capture": (
        "tests/poller",
        "tests/daemon/test_capture_deploys.py",
        "tests/daemon/test_capture_readonly.py",
        "tests/daemon/test_capture_recorded.py",
        "tests/daemon/test_capture_spread.py",
        "tests/daemon/test_continuous.py",
        "tests/daemon/test_cluster.py",
        "tests/daemon/test_replica.py",
        "tests/daemon/test_staging.py",
        "tests/daemon/test_surroundings.py",
    ),
    "rights": (
        "tests/magento/test_rights.py",
        "tests/daemon/test_least_rights.py",
        "tests/daemon/test_rights.py",
    ),
    "faults": ("tests/daemon/test_faults_magento.py", "tests/daemon/test_kill.py"),
}
"""What of the tests depends on the server."""
