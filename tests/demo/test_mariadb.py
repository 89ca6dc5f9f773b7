"""The private MariaDB server: life cycle, isolation, errors that name a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from synqd_demo import programs
from synqd_demo.mariadb import SOCKET_PATH_LIMIT, MariaDB, MariaDBError
from tests.support.database import Database


@pytest.fixture
def own_server(tmp_path: Path) -> MariaDB:
    return MariaDB(tmp_path / "server")


def test_starts_stops_and_keeps_data(own_server: MariaDB) -> None:
    with own_server:
        own_server.create_database("kept")
        own_server.run("CREATE TABLE t (a INT); INSERT INTO t VALUES (7);", database="kept")
        own_server.restart()
        assert own_server.run("SELECT a FROM t", database="kept") == "a\n7\n"
    assert not own_server.running


def test_kill_loses_nothing_that_was_committed(own_server: MariaDB) -> None:
    with own_server:
        own_server.create_database("kept")
        own_server.run("CREATE TABLE t (a INT); INSERT INTO t VALUES (7);", database="kept")
        own_server.kill()
        assert not own_server.running
        own_server.start()
        assert own_server.run("SELECT a FROM t", database="kept") == "a\n7\n"


def test_listens_on_the_socket_only(mariadb: MariaDB) -> None:
    assert mariadb.run("SELECT @@skip_networking AS off") == "off\n1\n"
    assert (
        mariadb.run("SELECT user AS who, host AS whence FROM mysql.user WHERE user = 'root'")
        == "who\twhence\nroot\tlocalhost\n"
    )
    assert mariadb.directory.stat().st_mode & 0o777 == 0o700


def test_client_understands_delimiter_and_stops_at_an_error(mariadb: MariaDB) -> None:
    mariadb.create_database("scratch")
    mariadb.run(
        "CREATE TABLE t (a INT);\nDELIMITER $$\n"
        "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.a = NEW.a + 1; END$$\nDELIMITER ;\n"
        "INSERT INTO t VALUES (1);",
        database="scratch",
    )
    with pytest.raises(MariaDBError, match="no_such_table"):
        mariadb.run("DELETE FROM no_such_table; DELETE FROM t;", database="scratch")
    assert mariadb.run("SELECT a FROM t", database="scratch") == "a\n2\n"
    mariadb.drop_database("scratch")


async def test_account_reaches_what_it_was_granted(mariadb: MariaDB) -> None:
    mariadb.create_database("granted")
    mariadb.run("CREATE TABLE t (a INT)", database="granted")
    mariadb.create_account("visitor", "it's \\ odd", ["SELECT ON granted.*"])
    visitor = Database(mariadb, "granted", user="visitor", password="it's \\ odd")
    assert await visitor.sql("SELECT * FROM t") == []
    with pytest.raises(Exception, match="denied"):
        await visitor.sql("INSERT INTO t VALUES (1)")
    mariadb.run("DROP USER visitor@localhost, visitor@127.0.0.1; DROP DATABASE granted;")


def test_missing_program_names_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "EXTRA_PATH", ())
    with pytest.raises(MariaDBError, match="apt-get install mariadb-server"):
        MariaDB(tmp_path)


def test_program_is_found_beside_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mariadbd").touch(mode=0o755)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(programs, "EXTRA_PATH", (str(tmp_path),))
    assert programs._find_program("server", ("mariadbd", "mysqld")) == str(tmp_path / "mariadbd")


def test_failed_start_shows_the_log(tmp_path: Path) -> None:
    server = MariaDB(tmp_path / "server", options=["--no-such-option"])
    with pytest.raises(MariaDBError, match="no-such-option"):
        server.start()
    assert not server.running


def test_leftover_of_an_earlier_run_is_named(own_server: MariaDB) -> None:
    with own_server, pytest.raises(MariaDBError, match=f"kill {own_server.pid}"):
        MariaDB(own_server.directory).start()


def test_long_directory_gets_a_short_socket(tmp_path: Path) -> None:
    server = MariaDB(tmp_path / ("long" * 25))
    with server:
        assert len(str(server.socket)) <= SOCKET_PATH_LIMIT
        assert server.run("SELECT 1 AS one") == "one\n1\n"
        home = server.socket.parent
    assert not home.exists()


def test_binary_log_and_port_by_choice(tmp_path: Path, unused_tcp_port: int) -> None:
    with MariaDB(tmp_path / "server", port=unused_tcp_port, options=["--log-bin", "--server-id=1"]) as server:
        printed = server.run("SELECT @@log_bin AS log, @@port AS port, @@bind_address AS address")
        assert printed.splitlines()[1] == f"1\t{unused_tcp_port}\t127.0.0.1"


def test_dump_account_cannot_write(magento_dump: Database) -> None:
    assert "SELECT" in magento_dump.run("SHOW GRANTS FOR reader@localhost")
    assert "INSERT" not in magento_dump.run("SHOW GRANTS FOR reader@localhost")
