"""Which mutants there are: every operator at every place of a room that the rules leave."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

from tools.mutants.own import DropCall, NegateFilter, Operator
from tools.mutants.rooms import ROOMS, Room
from tools.mutants.rules import excluded, statement_of

# One replacement for each operator of Python, its opposite or its neighbour: whatever notices that one
# notices the others, which would only fill the sample.
_REPLACED = {
    "Comparison": ("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Is_IsNot", "IsNot_Is"),
    "Binary": (
        *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_FloorDiv", "Pow_Mul"),
        *("BitOr_BitAnd", "BitAnd_BitOr", "BitXor_BitAnd", "LShift_RShift", "RShift_LShift"),
    ),
    "Unary": ("USub_UAdd", "Delete_Not"),
}
_OTHERS = (
    *("AddNot", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
    *("NumberReplacer", "ZeroIterationForLoop", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak"),
    *("ExceptionReplacer", "RemoveDecorator"),
)


def operators() -> dict[str, Operator]:
    """All that are used, by name."""
    names = [f"Replace{kind}Operator_{pair}" for kind, pairs in _REPLACED.items() for pair in pairs]
    found: dict[str, Operator] = {name: get_operator(f"core/{name}")() for name in (*names, *_OTHERS)}
    return found | {"DropCall": DropCall(), "NegateFilter": NegateFilter()}


@dataclass(frozen=True)
class Mutant:
    """A file of a room, broken in one place in one way."""

    room: Room
    path: Path
    """From the top of the tree."""
    lines: range
    """From the beginning of its statement up to the place itself."""
    always: bool
    """Whether it is run when the file is imported, rather than by a function."""
    operator: str
    code: str

    def __str__(self) -> str:
        return f"{self.path}:{self.lines[-1]} {self.operator}"

    def diff(self, whole: str) -> str:
        """The lines that differ from the file as it should be."""
        lines = unified_diff(whole.splitlines(), self.code.splitlines(), lineterm="", n=0)
        return "\n".join(f"    {line}" for line in lines if not line.startswith(("---", "+++", "@@")))


def places(top: Path, room: Room) -> list[Callable[[], Mutant | None]]:
    """Where a room can be broken, in a fixed order: makers of mutants, as most are never looked at.

    A maker gives nothing if the result would not be Python.
    """
    return [
        maker for path in sorted((top / room.folder).rglob("*.py")) for maker in _of_file(top, room, path)
    ]


def _of_file(top: Path, room: Room, path: Path) -> Iterator[Callable[[], Mutant | None]]:
    source = path.read_text()
    nodes = list(ast_nodes(get_ast(source)))
    for name, operator in operators().items():
        found = ((node, place) for node in nodes for place in operator.mutation_positions(node))
        for occurrence, (node, ((line, _), _)) in enumerate(found):
            if not excluded(name, node):
                statement = statement_of(node)
                lines = range(statement.start_pos[0], line + 1)
                always = statement.search_ancestor("funcdef") is None
                yield partial(
                    _made, room, path.relative_to(top), source, name, occurrence, lines, always=always
                )


def _made(
    room: Room, path: Path, source: str, operator: str, occurrence: int, lines: range, *, always: bool
) -> Mutant | None:
    code = _mutated(source, operator, occurrence)
    return Mutant(room, path, lines, always, operator, code) if code else None


def _mutated(source: str, operator: str, occurrence: int) -> str | None:
    try:
        code = mutate_code(source, operators()[operator], occurrence)
        compile(code, "mutant", "exec")
    except (AttributeError, SyntaxError):  # stars of arguments are no factors, names with a dot no names
        return None
    return str(code)


def sample(top: Path, rooms: Sequence[Room], size: int, chance: Random) -> list[Mutant]:
    """Mutants of these rooms in a random order: as many of each as its share would be in ``size`` of all."""
    total = sum(len(places(top, room)) for room in ROOMS)
    drawn: list[Mutant] = []
    for room in rooms:
        makers = places(top, room)
        share = round(size * len(makers) / total)
        chance.shuffle(makers)
        drawn += islice(filter(None, (make() for make in makers)), share)
    chance.shuffle(drawn)
    return drawn
