import io
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synqd.config import Secret
from synqd.runtime.logs import MASK, JsonLines, TextLines, configure, get_logger, to_journal
from tests.support.hostile import HOSTILE, harmless


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("synqd")
    before = (list(root.handlers), root.level, ours.level)
    yield
    root.handlers[:], root.level, ours.level = before
    logging.captureWarnings(capture=False)


def lines(style: str = "text", level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    configure("json" if style == "json" else "text", level, stream)
    return stream


def test_one_line_an_event() -> None:
    stream = lines()
    get_logger("drainer", workspace="main").info("chunk.sent", items=100, seconds=0.2131, store="a b")
    time, rest = stream.getvalue().split(" ", 1)
    assert rest == 'INFO    drainer chunk.sent workspace=main items=100 seconds=0.2131 store="a b"\n'
    assert time.endswith("+00:00")


def test_json() -> None:
    stream = lines("json")
    get_logger("drainer").bind(workspace="main").warning("chunk.postponed", items=3, store=None)
    entry = json.loads(stream.getvalue())
    assert entry.pop("time")
    assert entry == {
        "level": "warning",
        "part": "drainer",
        "event": "chunk.postponed",
        "workspace": "main",
        "items": 3,
        "store": None,
    }


def test_the_level_is_kept() -> None:
    stream = lines(level="warning")
    get_logger("app").info("daemon.ready")
    get_logger("app").debug("detail")
    assert stream.getvalue() == ""


def test_an_error_brings_its_trace() -> None:
    for style in ("text", "json"):
        stream = lines(style)
        try:
            int("two\nlines")
        except ValueError:
            get_logger("app").exception("mover.failed", mover="drainer")
        if style == "json":
            entry = json.loads(stream.getvalue())
            assert (entry["error"][:11], "Traceback" in entry["trace"]) == ("ValueError:", True)
        else:
            first, *trace = stream.getvalue().splitlines()
            assert r'mover.failed mover=drainer error="ValueError: ' in first
            assert r"two\\nlines" in first
            assert "Traceback (most recent call last):" in trace[0]


def test_each_line_in_the_journal_has_its_priority() -> None:
    formatter = TextLines(journal=True)
    error = ValueError("x")
    record = logging.LogRecord(
        "synqd.app", logging.ERROR, "", 0, "%s", ("mover.failed",), (ValueError, error, None)
    )
    record.context = {}
    assert {line[:3] for line in formatter.format(record).splitlines()} == {"<3>"}
    assert formatter.format(record).startswith("<3>app mover.failed ")


def test_the_journal_is_recognized() -> None:
    with tempfile.TemporaryFile("w") as file:
        status = os.fstat(file.fileno())
        assert to_journal(file, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        assert not to_journal(file, {"JOURNAL_STREAM": "1:2"})
        assert not to_journal(file, {})
    assert not to_journal(io.StringIO(), {"JOURNAL_STREAM": "1:2"})


def test_other_libraries_are_routed_in() -> None:
    stream = lines("json")
    logging.getLogger("aiohttp.client").warning("Unclosed %s", "session")
    logging.getLogger("aiohttp.client").info("noise")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old API", DeprecationWarning, stacklevel=1)
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["part"], first["event"], first["message"]) == (
        "aiohttp.client",
        "library.message",
        "Unclosed session",
    )
    assert (second["level"], "old API" in second["message"]) == ("warning", True)


NAMES = ["password", "api_key", "API-KEY", "apikey", "token", "access_token", "jwt", "Authorization"]
PLACES = st.sampled_from(
    [
        lambda name, value: {name: value},
        lambda name, value: {"request": {name: value}},
        lambda name, value: {"requests": [{name: value}]},
    ]
)


@given(
    st.sampled_from([*NAMES, "db_password", "cookie", "credentials", "passwd"]),
    PLACES,
    st.text("abcXYZ09+/=", min_size=8),
)
def test_secrets_are_never_written(name: str, place: object, value: str) -> None:
    context = place(name, value)  # type: ignore[operator]  # one of PLACES
    for formatter in (JsonLines(), TextLines(journal=False)):
        record = logging.LogRecord("synqd.app", logging.INFO, "", 0, "%s", ("x",), None)
        record.context = context
        text = formatter.format(record)
        assert value not in text
        assert MASK in text


def test_names_that_only_sound_like_secrets_are_written() -> None:
    stream = lines()
    get_logger("app").info("login", token_age=3, api_key_file="main.key", key=5)
    assert stream.getvalue().endswith(" login token_age=3 api_key_file=main.key key=5\n")


def test_a_secret_is_masked_whatever_it_is_called() -> None:
    for style in ("text", "json"):
        stream = lines(style)
        get_logger("app").info("login", what=Secret("hunter2"), inner=[Secret("hunter2")])
        assert "hunter2" not in stream.getvalue()


WORDS = st.text() | st.text(st.sampled_from(HOSTILE))


@given(st.dictionaries(st.sampled_from(["a", "b"]) | WORDS, WORDS | st.integers() | st.lists(WORDS)))
@example({"a": HOSTILE, HOSTILE: [HOSTILE]})
def test_no_value_breaks_the_line(context: dict[str, object]) -> None:
    record = logging.LogRecord("synqd.app", logging.INFO, "", 0, "%s", ("x",), None)
    record.context = context
    text = TextLines(journal=False).format(record)
    assert text.isprintable()
    line = JsonLines().format(record)
    assert line.isprintable()
    assert json.loads(line)["event"] == "x"


def test_a_trace_brings_nothing_to_act_on_along() -> None:
    for style in ("text", "json"):
        stream = lines(style)
        get_logger("app").error("mover.failed", error=ValueError(HOSTILE))
        logging.getLogger("library").warning(HOSTILE)
        assert harmless(stream.getvalue())
