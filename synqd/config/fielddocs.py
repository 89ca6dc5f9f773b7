"""What is said of the fields of a model: the docstrings below them, read from the source when they are shown.

pydantic can read them itself (``use_attribute_docstrings``), but does so whenever a class is made: a sixth of
the time that the daemon takes to start, for texts that only documents show.
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

PACKAGE = "synqd."


def field_docs(model: type) -> Mapping[str, str]:
    """Field -> the docstring below it, for the fields that have one; those of base classes included."""
    docs: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if each.__module__.startswith(PACKAGE):
            docs |= _module(each.__module__).get(each.__qualname__, {})
    return docs


@cache
def _module(name: str) -> Mapping[str, Mapping[str, str]]:
    """Class -> its fields with their docstrings, for the classes on the first level of a module."""
    try:
        source = inspect.getsource(sys.modules[name])
    except OSError:
        return {}  # shipped without sources: documents without these texts
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    return {node.name: dict(_fields(node)) for node in classes}


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(node.body):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            yield field.target.id, inspect.cleandoc(str(below.value.value))
