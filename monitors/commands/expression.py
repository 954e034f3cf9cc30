"""A small expression language over one record: paths, comparisons, and, or, not, in, literals. No calls."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

_MAX_LENGTH = 2000
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None, "none": None}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
}
_ALLOWED = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.USub,
    ast.Compare,
    ast.Name,
    ast.Load,
    ast.Attribute,
    ast.Subscript,
    ast.Constant,
    ast.List,
    ast.Tuple,
    *_COMPARISONS,
)


class ExpressionError(ValueError):
    """An expression that is not in the language."""


def compile_where(source: str, /) -> Callable[[Mapping[str, object]], bool]:
    """A predicate over a record. `labels.stego and meta.level >= 4`; what is absent is null and compares as false."""
    if len(source) > _MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {_MAX_LENGTH} characters")
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"the expression cannot be read: {getattr(error, 'msg', error)}") from None
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise ExpressionError(f"{type(node).__name__} is not allowed; use paths, comparisons, and, or, not, in")
    return lambda record: bool(_value(tree.body, record))


def lookup(record: object, path: str, /) -> object:
    """The value at a dotted path; None where any part of it is absent."""
    for key in path.split("."):
        if not isinstance(record, Mapping):
            return None
        record = record.get(key)
    return record


def _value(node: ast.expr, record: Mapping[str, object]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return record.get(node.id, _WORDS.get(node.id.lower()))
        case ast.Attribute():
            return _member(_value(node.value, record), node.attr)
        case ast.Subscript():
            return _member(_value(node.value, record), _value(node.slice, record))
        case ast.List() | ast.Tuple():
            return [_value(item, record) for item in node.elts]
        case ast.BoolOp():
            values = (_value(item, record) for item in node.values)
            return all(values) if isinstance(node.op, ast.And) else any(values)
        case ast.UnaryOp():
            return _negated(node.op, _value(node.operand, record))
        case ast.Compare():
            return _compared(node, record)
    raise ExpressionError(f"{type(node).__name__} is not allowed")


def _member(container: object, key: object) -> object:
    return container.get(key) if isinstance(container, Mapping) and isinstance(key, str) else None


def _negated(op: ast.unaryop, value: Any) -> object:
    if isinstance(op, ast.Not):
        return not value
    return -value if isinstance(value, int | float) else None


def _compared(node: ast.Compare, record: Mapping[str, object]) -> bool:
    left = _value(node.left, record)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = _value(right_node, record)
        try:
            if not _COMPARISONS[type(op)](left, right):
                return False
        except TypeError:
            return False
        left = right
    return True
