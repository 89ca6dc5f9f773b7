"""The daemon's log: one line an event, made of a stable name and ``key=value`` context.

``log = get_logger("drainer")``, then ``log.info("chunk.sent", workspace="main", items=100, seconds=0.21)``.
Names of events are part of what users see: they search and alert on them, so they change only with a note
in the change log. Values of context that go by a name in ``SECRETS`` are never written; personal data is the
callers' duty: ids are logged, not names or addresses.

The standard library's ``logging`` is underneath. Warnings and records of other libraries come out in the
same form, as event ``library.message``. A traceback follows its line, indented (``text``), or is one of its
fields (``json``).
"""

import asyncio
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from synqd.models.text import as_json, escaped

ROOT = "synqd"
MASK = "***"
SECRETS = re.compile(
    r"(^|[_.-])(pass(word|wd|phrase)?|secret|token|jwt|api[_-]?key|authorization|cookie|credentials?)$",
    re.IGNORECASE,
)
PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}
PLAIN = re.compile(r"[^\s\"'=\\]+")


class Logger:
    """Writes events of one part of the daemon; ``bind`` gives one with context that goes on every line."""

    __slots__ = ("_context", "_logger")

    def __init__(self, logger: logging.Logger, context: Mapping[str, Any]) -> None:
        self._logger = logger
        self._context = context

    def bind(self, **context: Any) -> "Logger":
        """A logger that adds this context to each of its lines."""
        return Logger(self._logger, {**self._context, **context})

    def debug(self, event: str, /, **context: Any) -> None:
        """Detail for whoever looks for a fault; may hold keys of entities."""
        self._write(logging.DEBUG, event, context)

    def info(self, event: str, /, **context: Any) -> None:
        """Something that operators want to see happened; never personal data."""
        self._write(logging.INFO, event, context)

    def warning(self, event: str, /, **context: Any) -> None:
        """Something is not as it should be, and the daemon goes on by itself."""
        self._write(logging.WARNING, event, context)

    def error(self, event: str, /, *, error: BaseException | None = None, **context: Any) -> None:
        """Somebody has to act. ``error`` adds its class, message and traceback."""
        self._write(logging.ERROR, event, context, error)

    def exception(self, event: str, /, **context: Any) -> None:
        """``error`` with the exception that is being handled."""
        self.error(event, error=sys.exception(), **context)

    def _write(
        self, level: int, event: str, context: Mapping[str, Any], error: BaseException | None = None
    ) -> None:
        if self._logger.isEnabledFor(level):
            extra = {"context": {**self._context, **context}}
            # Not as exc_info=None: some handlers take that for "look whether there is one".
            self._logger.log(level, "%s", event, extra=extra, exc_info=error or False)


def get_logger(name: str, **context: Any) -> Logger:
    """The logger of one part of the daemon (``drainer``, ``magento``, ...), with context for each line."""
    return Logger(logging.getLogger(f"{ROOT}.{name}"), context)


def fault_of(error: BaseException) -> str:
    """Class and place of an error, without its message: that may repeat what a row says (S34)."""
    places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [place for place in places if f"/{ROOT}/" in place[0]]
    file, line = (ours or places or [("", 0)])[-1]
    return f"{type(error).__name__} at {ROOT}/{file.rpartition(f'/{ROOT}/')[2]}:{line}"


class Seldom:
    """Warnings about what strangers can make happen a thousand times a second.

    Of each event one line at once, then one in ``every`` seconds, which says how often it came since.
    """

    def __init__(self, log: Logger, every: float = 300.0) -> None:
        self._log = log
        self._every = every
        self._untold: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._silences: dict[str, asyncio.TimerHandle] = {}

    def warning(self, event: str, /, **context: Any) -> None:
        """It happened; the context is that of the last time."""
        times, _ = self._untold.get(event, (0, {}))
        self._untold[event] = times + 1, context
        if event not in self._silences:
            self._tell(event)

    def close(self) -> None:
        """Tells what was not told yet."""
        for silence in self._silences.values():
            silence.cancel()
        self._silences.clear()
        for event in list(self._untold):
            self._write(event)

    def _tell(self, event: str) -> None:
        self._silences.pop(event, None)
        if event in self._untold:
            self._write(event)
            loop = asyncio.get_running_loop()
            self._silences[event] = loop.call_later(self._every, self._tell, event)

    def _write(self, event: str) -> None:
        times, context = self._untold.pop(event)
        self._log.warning(event, times=times, **context)


def configure(
    style: Literal["text", "json"] = "text", level: str = "info", stream: TextIO | None = None
) -> None:
    """Sends everything that is logged in this process to ``stream`` (standard error), and nowhere else.

    Args:
        style: ``text``, with a ``<N>`` priority when the journal reads the stream, a time when not;
            ``json``, one object a line.
        level: least level of synqd's own events; other libraries' begin at ``warning``.
        stream: where to.
    """
    target = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(target)
    handler.setFormatter(JsonLines() if style == "json" else TextLines(journal=to_journal(target)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(ROOT).setLevel(level.upper())
    logging.captureWarnings(capture=True)


def to_journal(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Whether systemd's journal reads this stream: ``$JOURNAL_STREAM`` names its device and inode."""
    named = (os.environ if environment is None else environment).get("JOURNAL_STREAM", "")
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return named == f"{status.st_dev}:{status.st_ino}"


class TextLines(logging.Formatter):
    """``[<N> | time LEVEL] part event key=value ...``; more lines only for a traceback, each with ``<N>``."""

    def __init__(self, *, journal: bool) -> None:
        super().__init__()
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """The line, or lines where there is a traceback."""
        if self._journal:
            start = f"<{PRIORITIES.get(record.levelno, 5)}>"
        else:
            start = f"{_instant(record)} {record.levelname:<7} "
        pairs = "".join(f" {name}={_text(value)}" for name, value in _fields(record).items())
        lines = [f"{_part(record)} {_event(record)}{pairs}"]
        lines += [f"  {line}" for line in _trace(record).split("\n") if line]
        return "\n".join(f"{start}{escaped(line)}" for line in lines)


class JsonLines(logging.Formatter):
    """One JSON object a line: ``time``, ``level``, ``part``, ``event``, the context, ``trace``."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        fixed = {
            "time": _instant(record),
            "level": record.levelname.lower(),
            "part": _part(record),
            "event": _event(record),
        }
        trace = {"trace": _trace(record)} if record.exc_info else {}
        # In ASCII, whatever encoding the stream has.
        return escaped(json.dumps({**_fields(record), **fixed, **trace}, default=str))


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _ours(record: logging.LogRecord) -> bool:
    return hasattr(record, "context")


def _part(record: logging.LogRecord) -> str:
    return record.name.removeprefix(f"{ROOT}.")


def _event(record: logging.LogRecord) -> str:
    return record.getMessage() if _ours(record) else "library.message"


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    context = record.context if hasattr(record, "context") else {"message": record.getMessage()}
    fields = dict(_masked(context))
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        fields |= {"error": f"{type(error).__name__}: {error}"}
    return fields


def _masked(context: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in context.items():
        if SECRETS.search(str(name)):
            yield str(name), MASK
        else:
            yield str(name), _inside(value)


def _inside(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(_masked(value))
    return [_inside(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _trace(record: logging.LogRecord) -> str:
    return "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info else ""


def _text(value: Any) -> str:
    """A value as it stands where nothing can be mistaken, else quoted as JSON does."""
    if isinstance(value, float):
        return f"{value:.6g}"
    plain = as_json(value) if isinstance(value, (dict, list, tuple)) else str(value)
    return plain if plain.isprintable() and PLAIN.fullmatch(plain) else as_json(plain)
