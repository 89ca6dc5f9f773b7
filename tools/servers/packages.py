"""Gets a server of another release of Debian without touching this machine's own packages.

apt works with folders of its own here and an empty status, so it names all that a server needs; the packages
are unpacked into a folder and run through the loader that is among them.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template

from tools.servers.catalog import Server

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
LIBRARIES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "usr/lib/mysql/private")
_LOADERS = (
    "usr/lib64/ld-linux-x86-64.so.2",
    "lib64/ld-linux-x86-64.so.2",
    "*/*/ld-2*.so",
    "usr/lib/*/ld-*.so.2",
)
_BOOTSTRAP = (
    "system_tables",
    "performance_tables",
    "system_tables_data",
    "add_gis_sp_bootstrap",
    "sys_schema",
)

# A program runs through its own loader; --no-defaults has to stay the first of its options.
_SERVER = Template(r"""#!/bin/sh
here=$$(cd "$$(dirname "$$0")/.." && pwd)
exec "$$here/root/$loader" --library-path "$libraries" "$$here/root/$program" "$$@" \
  --basedir="$$here/root/usr" --lc-messages-dir="$$here/root/usr/share/mysql" \
  --plugin-dir="$$here/root/usr/lib/mysql/plugin"
""")
_INSTALLER = Template(r"""#!/bin/sh
# Fills an empty data directory; options of mariadb-install-db alone are left out.
for option; do
  shift
  case $$option in --auth-root-*|--skip-test-db|--force) ;; *) set -- "$$@" "$$option" ;; esac
done
exec "$$(dirname "$$0")/mariadbd" "$$@" $how
""")


class NotThere(Exception):
    """A server could not be had; the message says why."""


def programs(server: Server, home: Path, mirror: str) -> Path | None:
    """The folder with a server's programs, fetched if need be; None for what this machine has.

    Raises:
        NotThere: packages cannot be fetched or hold no server.
    """
    if not server.release:
        return None
    place = home / server.name
    if not (place / "bin").is_dir():
        _fetch(server, place, mirror)
        _unpack(place)
        _write_programs(server, place)
    return place / "bin"


def _fetch(server: Server, place: Path, mirror: str) -> None:
    apt = place / "apt"
    shutil.rmtree(place, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial"):
        (apt / folder).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} {server.release} main\n")
    own = {
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt / "cache",
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "1",
    }
    options = [word for name, value in own.items() for word in ("-o", f"{name}={value}")]
    _run("apt-get", *options, "-qq", "update")
    _run(
        *("apt-get", *options, "-qq", "-y", "--no-install-recommends", "--download-only", "install"),
        *server.packages,
    )


def _unpack(place: Path) -> None:
    for package in sorted((place / "apt/cache/archives").glob("*.deb")):
        _run("dpkg-deb", "-x", str(package), str(place / "root"))
    shutil.rmtree(place / "apt")


def _write_programs(server: Server, place: Path) -> None:
    root, folder = place / "root", place / "bin.new"
    folder.mkdir(exist_ok=True)
    libraries = ":".join(f"$here/root/{folder}" for folder in LIBRARIES)
    program = _first(root, ("usr/sbin/mariadbd", "usr/sbin/mysqld"))
    loader = _first(root, _LOADERS)
    _script(folder / "mariadbd", _SERVER.substitute(loader=loader, libraries=libraries, program=program))
    how = "--initialize-insecure" if server.is_mysql else '--bootstrap <"$(dirname "$0")/../tables.sql"'
    _script(folder / "mariadb-install-db", _INSTALLER.substitute(how=how))
    if not server.is_mysql:
        (place / "tables.sql").write_text(_tables(root))
    folder.rename(place / "bin")


def _tables(root: Path) -> str:
    """The statements that make MariaDB's system tables, as its installer feeds them."""
    scripts = []
    for name in _BOOTSTRAP:
        found = [*root.glob(f"usr/share/m*/m*_{name}.sql")]
        scripts += [min(found, key=str).read_text()] if found else []
    start = ("CREATE DATABASE IF NOT EXISTS mysql;", "USE mysql;", "SET @skip_auth_anonymous = 1;")
    return "\n".join([*start, *scripts]).replace("@auth_root_socket", "NULL")


def _first(root: Path, patterns: Sequence[str]) -> str:
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            return str(path.relative_to(root))
    raise NotThere(f"none of {', '.join(patterns)} is among the packages in {root}")


def _script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _run(*command: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
        raise NotThere(f"{command[0]} failed: {done.stderr.strip().splitlines()[-1:]}")
