"""What is not mutated, because nothing that the daemon does could show it. Rules, no instances."""

from collections.abc import Callable, Iterator
from typing import Any

_SPEED = ("cache", "lru_cache")
_ARITHMETIC = {
    *("term", "arith_expr", "shift_expr", "factor", "power", "atom", "testlist_star_expr", "annassign"),
    *("expr_stmt", "simple_stmt", "number"),
}
_CALL = {"atom_expr", "trailer", "arglist", "argument"}
_LEVELS = (".debug", ".info", ".warning", ".error")
_FORM = ("override", "final", "runtime_checkable", "overload")


def excluded(operator: str, node: Any) -> str | None:
    """The reason why the operator shall leave the node alone, if there is one.

    Args: node: of a tree by parso.
    """
    return next((reason for reason, applies in _RULES.items() if applies(operator, node)), None)


def _line(node: Any) -> Iterator[tuple[Any, Any]]:
    """Everything that the node is in: (part, whole), from the inside."""
    while node.parent:
        yield node, node.parent
        node = node.parent


def statement_of(node: Any) -> Any:
    """The innermost statement that a node is in."""
    return next(part for part, whole in _line(node) if whole.type in ("suite", "file_input"))


def _is_annotation(_operator: str, node: Any) -> bool:
    return any(
        (whole.type == "annassign" and part is whole.children[1])
        or whole.type == "tfpdef"
        or (whole.type == "funcdef" and part is whole.annotation)
        for part, whole in _line(node)
    )


def _is_union(operator: str, node: Any) -> bool:
    return "BitOr" in operator and not any(whole.type in ("funcdef", "classdef") for _, whole in _line(node))


def _is_type_checking(_operator: str, node: Any) -> bool:
    return any(
        whole.type == "if_stmt" and whole.children[1].get_code(include_prefix=False) == "TYPE_CHECKING"
        for _, whole in (*_line(node), (None, node))
    )


def _is_logged(_operator: str, node: Any) -> bool:
    calls = (whole for _, whole in (*_line(node), (None, node)) if whole.type == "atom_expr")
    return any(trailer.get_code() in _LEVELS for call in calls for trailer in call.children)


def _is_said(operator: str, node: Any) -> bool:
    """Whether it is a number among what an error that is raised is made of."""
    wholes = [whole for _, whole in _line(node)]
    is_number = operator == "NumberReplacer" or "Unary" in operator
    is_raised = any(whole.type == "raise_stmt" for whole in wholes)
    return is_number and is_raised and any(whole.get_code().startswith("(") for whole in wholes)


def _is_tuned(operator: str, node: Any) -> bool:
    """Whether it belongs to the plain number behind a name in capitals, or of a class of settings."""
    if operator != "NumberReplacer" and "Binary" not in operator:
        return False
    parents = [whole for _, whole in _line(node)]
    kinds = {whole.type for whole in parents[: parents.index(statement_of(node))]}
    target, _, value = statement_of(node).get_code(include_prefix=False).partition("=")
    name = target.partition(":")[0].strip()
    owner = node.search_ancestor("funcdef", "classdef")
    if owner is None:
        is_size = name.isupper()
    else:
        is_size = owner.type == "classdef" and (name == "patience" or owner.name.value.endswith("Settings"))
    return is_size and kinds <= (_ARITHMETIC | _CALL if value.startswith(" Backoff(") else _ARITHMETIC)


def _is_of_decorator(_operator: str, node: Any) -> bool:
    return any(whole.type == "decorator" for _, whole in _line(node))


def _is_dropped_form(operator: str, node: Any) -> bool:
    return operator == "RemoveDecorator" and any(name in node.get_code() for name in (*_SPEED, *_FORM))


def _is_sync(operator: str, node: Any) -> bool:
    called = node.get_code(include_prefix=False).partition("(")[0].rpartition(".")[2]
    return operator == "DropCall" and called.startswith(("fsync", "_sync"))


def _is_strict(_operator: str, node: Any) -> bool:
    return any(
        whole.type == "argument" and whole.children[0].get_code(include_prefix=False) == "strict"
        for _, whole in _line(node)
    )


_RULES: dict[str, Callable[[str, Any], bool]] = {
    "annotations are for mypy": _is_annotation,
    "so are names for unions of types": _is_union,
    "and what only mypy reads": _is_type_checking,
    "log lines are for people": _is_logged,
    "so are the texts of errors": _is_said,
    "sizes, paces and patience are chosen: one more or less would do as well": _is_tuned,
    "arguments of decorators (slots, frozen) forbid what nobody does": _is_of_decorator,
    "caches are for speed, and some decorators for mypy": _is_dropped_form,
    "zip(strict=...) forbids what never happens": _is_strict,
    "what is not synced is lost by a power cut only": _is_sync,
}
