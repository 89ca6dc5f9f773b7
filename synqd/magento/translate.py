"""The edge at which errors of driver, server and network become the project's own."""

import re
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from asyncmy.errors import MySQLError

from synqd.models.errors import ConfigError, Denied, Fatal, MagentoUnavailable
from synqd.models.shortage import shortage

COLUMN_EXISTS_NOT = 1054
TABLE_EXISTS_NOT = 1146
TRIGGER_EXISTS = 1359
TRIGGER_EXISTS_NOT = 1360
GRANT_EXISTS_NOT = 1141
DEFINER_EXISTS_NOT = 1449
VIEW_INVALID = 1356
LOCKED_ALREADY = 3572
"""MySQL's answer to ``NOWAIT``; MariaDB gives that of a lock wait."""

_READ_ONLY = frozenset({1290, 1836})
_CONNECTION_LOST = frozenset({0, 1053, 1152, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 2055, 4031})
"""0: the driver's "not connected"; 1053 shutdown, 1927 killed, 2006/2013 gone, 4031 idle for too long."""
_DENIED = frozenset({1044, 1045, 1130, 1142, 1143, 1227, 1370, 1419, 1698, 1820, 1862, 3118, 4151})
_NAMED = frozenset(
    {
        COLUMN_EXISTS_NOT,
        TABLE_EXISTS_NOT,
        TRIGGER_EXISTS,
        TRIGGER_EXISTS_NOT,
        GRANT_EXISTS_NOT,
        DEFINER_EXISTS_NOT,
        VIEW_INVALID,
    }
)
_BUGS = frozenset({1064, 1065, 1109, 1136, 1149, 1222, 1305, 1582, 1792})
_TIMED_OUT = frozenset({1317, 1969, 3024})
"""The server ended the statement itself: interrupted, max_statement_time, max_execution_time."""

_COMMAND = re.compile(
    r"(?P<right>[A-Z][A-Z ,]*?) command denied to user (?P<user>'[^']*'@'[^']*')"
    r" for (?:column '(?P<column>[^']+)' in )?\w+ (?P<object>\S+)"
)
_NEEDED = re.compile(r"at least one of\) the (?P<right>[A-Z_ ,]+?) privilege")


_APOSTROPHE = "'"
_LOGIN = "check magento.user and magento.password_file, and that the account may log in"
_GRANTS = "`synqd changelog print` lists the GRANT statements"
_REMEDIES = {
    1044: f"check magento.database, or grant the right: {_GRANTS}",
    **dict.fromkeys((1045, 1698, 1820, 1862, 3118, 4151), _LOGIN),
    1130: "create the user for the host that synqd runs on",
    1419: "the server writes a binary log, so creating triggers needs log_bin_trust_function_creators = 1"
    " (SET GLOBAL, its configuration, or the parameters of a managed server), or a DBA"
    " who runs the SQL of `synqd changelog print`",
}


class ServerError(MagentoUnavailable):
    """Something that a statement names is not there, or is there already; ``code`` is the server's number.

    The caller may know how to take it. Where nobody does, somebody is working on the database (a deployment,
    a restore), which is waited for like any other outage.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"Magento's database: {text} (error {code})")
        self.code = code


class ConnectionLost(MagentoUnavailable):
    """The connection went away under the call; on one that was idle, another try is worth it."""


class LockWait(MagentoUnavailable):
    """A lock was not to be had in time; the connection is fine."""


@contextmanager
def translated(where: str, seconds: float) -> Iterator[None]:
    """Translates what the driver, the server or the network raise inside.

    Args:
        where: the server, for messages ("db.example:3306").
        seconds: the deadline that is in force inside, for the message when it passed.
    """
    try:
        yield
    except TimeoutError as error:
        raise MagentoUnavailable(
            f"Magento's database at {where} did not answer in {seconds:g} seconds"
        ) from error
    except MySQLError as error:
        _from_server(error, where)
    except ssl.SSLError as error:
        remedy = (
            'set magento.tls_ca to the CA of its certificate, magento.tls to "verify-ca" where only the name'
            " differs, or to what the server offers"
        )
        raise Denied(f"TLS with Magento's database at {where} failed: {error}; {remedy}") from error
    except (OSError, EOFError) as error:
        raise ConnectionLost(f"Magento's database at {where} cannot be reached: {error}") from error
    except (RuntimeError, MemoryError) as error:
        if outage := shortage(error, f"Magento's database at {where} cannot be asked"):
            raise MagentoUnavailable(str(outage)) from error
        if "LOAD_LOCAL" not in str(error):
            raise
        raise Denied(
            f"what answers at {where} asks for a file of this machine (LOAD DATA LOCAL), which no server of"
            " Magento's does, and got none; find out who answers there"
        ) from error
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, struct.error) as error:
        # What the driver lets through when an answer is not as the protocol has it.
        raise MagentoUnavailable(
            f"what answers at {where} does not speak MySQL's protocol ({error})"
        ) from error


def _from_server(error: MySQLError, where: str) -> NoReturn:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLError):
        with translated(where, 0):
            raise cause
    code, text = _number_and_text(error)
    if code in _CONNECTION_LOST:
        raise ConnectionLost(f"Magento's database at {where} went away: {text} (error {code})") from error
    if code in _DENIED:
        raise Denied(f"{text}; {_remedy(code, text)}") from error
    if code == 1049:
        raise ConfigError(
            f"{text} at {where}: set magento.database to `db/connection/default/dbname` of app/etc/env.php"
        ) from error
    if code in _NAMED:
        raise ServerError(code, text) from error
    if code in _BUGS:
        raise Fatal(f"Magento's database rejects a statement: {text} (error {code})") from error
    if code in {1205, LOCKED_ALREADY}:
        raise LockWait(f"Magento's database at {where}: {text}") from error
    if code in _READ_ONLY:
        raise MagentoUnavailable(
            f"Magento's database at {where} takes no writes, so the change log cannot be claimed: {text};"
            " where it is a replica, set magento.write_host to the server that the shop writes to"
        ) from error
    if code in _TIMED_OUT:
        raise MagentoUnavailable(f"Magento's database at {where} ended a statement: {text}") from error
    raise MagentoUnavailable(f"Magento's database at {where}: {text} (error {code})") from error


def _number_and_text(error: MySQLError) -> tuple[int, str]:
    arguments = error.args
    if len(arguments) >= 2 and isinstance(arguments[0], int):
        return arguments[0], str(arguments[1]).strip()
    return 0, str(error)


def _remedy(code: int, text: str) -> str:
    if code in _REMEDIES:
        return _REMEDIES[code]
    if denied := _COMMAND.search(text):
        columns = f" ({denied['column']})" if denied["column"] else ""
        table = denied["object"].strip(_APOSTROPHE)
        return f"GRANT {denied['right']}{columns} ON {table} TO {denied['user']}"
    if needed := _NEEDED.search(text):
        return f"the right {needed['right']} is missing; {_GRANTS}"
    return _GRANTS
