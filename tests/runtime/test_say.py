"""What our programs say does nothing to a terminal."""

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from synqd.models.text import as_json, clean, escaped
from synqd.runtime.say import Program, redraw, say, say_json
from tests.support.hostile import HOSTILE, harmless

TEXTS = st.text(st.characters(codec=None) | st.sampled_from(HOSTILE))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
@example({HOSTILE: [HOSTILE]})
def test_json_has_the_same_value_and_nothing_to_act_on(value: object) -> None:
    text = as_json(value)
    assert text.isprintable()
    assert json.loads(text) == json.loads(json.dumps(value))
    text.encode()


@given(TEXTS)
@example(HOSTILE)
def test_text_has_nothing_to_act_on(text: str) -> None:
    assert clean(text).isprintable()
    assert len(clean(text)) == len(text)
    assert escaped(text).isprintable()


def test_what_can_be_shown_is_shown_as_it_is() -> None:
    plain = "Zażółć gęślą jaźń, ß, 日本, עברית, 🙂 €"
    assert (clean(plain), escaped(plain), as_json(plain)) == (plain, plain, f'"{plain}"')
    assert escaped("a\x9b31m\u202e\U000e0041") == "a\\u009b31m\\u202e\\udb40\\udc41"


@click.group(cls=Program)
def program() -> None:
    """Says what it is given."""


@program.command()
@click.argument("text")
@click.option("--number", type=int)
def tell(text: str, number: int | None) -> None:
    say(text, mark=text, color="green")
    say(text, err=True)
    say_json({text: number})
    redraw(text)
    raise click.ClickException(text)


@pytest.mark.parametrize(
    "arguments",
    [
        ["tell", HOSTILE],
        ["tell", f"two\n{HOSTILE}"],
        [HOSTILE],
        ["tell", "x", "--number", HOSTILE],
        ["tell", f"--{HOSTILE}"],
        ["tell", "x", HOSTILE],
    ],
)
def test_nothing_that_a_program_is_given_reaches_the_terminal_raw(arguments: list[str]) -> None:
    ran = CliRunner().invoke(program, arguments)
    assert ran.exit_code
    assert harmless(ran.output.replace("\r", "", 1))  # of redraw; its colours are for a terminal only
    assert "\\u009b" in ran.stderr or "\\x9b" in ran.stderr


def test_a_bug_is_told_without_what_it_was_given() -> None:
    code = (
        "from tests.say.test_say import program, tell; import click\ntell.callback = lambda **given: 1 / 0\n"
    )
    code += "import sys; tell.callback = lambda text, number: {}[text]\nprogram(['tell', sys.argv[1]])"
    done = subprocess.run(
        [sys.executable, "-c", code, "\x9b31m\u202e"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert harmless(done.stderr)
