"""S20: of what came from outside, no half word is kept: nobody could say whose address it was."""

import pytest

from synqd.models.text import cut
from synqd.synerise.answer import Answer
from synqd.synerise.complaints import EXCERPT, LINE, excerpt, one_line

ANN = "ann@mail.example"


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        (f"is {ANN}", 40, f"is {ANN}"),
        (f"is {ANN}", 10, "is"),
        (f'{{"email":"{ANN}"}}', 15, '{"email":'),
        (f"is <{ANN}>, {ANN}", 21, f"is <{ANN}"),
        ("x" * 2000, 1500, "x" * 1500),
        ("", 5, ""),
    ],
)
def test_a_word_is_kept_as_a_whole_or_not_at_all(text: str, most: int, kept: str) -> None:
    assert cut(text, most) == kept


@pytest.mark.parametrize("back", range(1, len(ANN) + 1))
def test_an_answer_ends_before_the_word_that_does_not_fit(back: int) -> None:
    words = "word " * EXCERPT
    assert (excerpt((words[: EXCERPT - back] + " " + ANN).encode()) or "").split()[-1] in (
        "word",
        "wor",
        "wo",
        "w",
    )
    line = one_line(words[: LINE - 3 - back] + " " + ANN + " and so on and so on")
    assert line.split()[-1].strip(".") in ("", "word", "wor", "wo", "w", ANN, "and", "so")


def test_an_answer_that_broke_off_ends_before_the_word_that_it_broke_in() -> None:
    assert Answer(500, b"profile of ann@mail.exa", broken=True).said == b"profile of"
    assert Answer(500, b"profile of ann@mail.exa").said == b"profile of ann@mail.exa"
    assert Answer(500, "profile für ann@m".encode(), broken=True).said == "profile für".encode()
