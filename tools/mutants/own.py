"""Operators that cosmic-ray does not have, in the form of its own."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from cosmic_ray.ast import get_ast

Place = tuple[tuple[int, int], tuple[int, int]]
"""Line and column of the first character, and of the last."""


class Operator(Protocol):
    """What cosmic-ray asks of an operator; nodes are those of parso."""

    def mutation_positions(self, node: Any) -> Iterable[Place]:
        """Places at the node, one for each way to break it."""

    def mutate(self, node: Any, index: int) -> Any:
        """The node, broken in that way."""


class DropCall:
    """Leaves out a statement that is a call: what gives no answer is forgotten most easily."""

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        """The call, if it is a statement of its own."""
        if node.type == "atom_expr" and node.parent.type == "simple_stmt":
            last = node.children[-1].get_code(include_prefix=False)
            if last.startswith("("):
                yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """``None`` in its place."""
        nothing = get_ast("None").get_first_leaf()
        nothing.prefix = node.get_first_leaf().prefix
        return nothing


class NegateFilter:
    """Takes just what the ``if`` of a comprehension leaves out."""

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        """The condition."""
        if node.type == "comp_if":
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """``if not (...)``."""
        node.children[1] = get_ast(f" not ({node.children[1].get_code()})")
        return node
