"""A monitor's parameters: their kinds, defaults and meaning, and the check that given values fit."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from monitors import registry
from oversight.lib.errors import Invalid
from oversight.monitoring.docstrings import parameter_help

_SCALARS: dict[type, str] = {bool: "bool", int: "int", float: "float", str: "str"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a settings form needs. `kind`: int, float, bool, str, choice, list (of `of`), or json for anything else."""

    name: str
    kind: str
    default: Any
    help: str = ""
    of: str = "str"
    choices: tuple[str, ...] = ()
    is_optional: bool = False


def parameters_of(monitor: str) -> tuple[Parameter, ...]:
    """In the order of the monitor's fields. Raises KeyError for an unknown monitor."""
    entry = registry.entry(monitor)
    meaning = parameter_help(entry.doc)
    hints = get_type_hints(entry.cls)
    return tuple(
        _parameter(name, hints.get(name, type(default)), default, meaning.get(name, ""))
        for name, default in entry.parameters().items()
    )


def _parameter(name: str, hint: Any, default: Any, meaning: str) -> Parameter:
    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    is_optional = type(None) in members
    found = [member for member in members if member is not type(None)]
    kind, of, choices = _kind(found[0]) if len(found) == 1 else ("json", "str", ())
    return Parameter(name, kind, default, meaning, of, choices, is_optional)


def _kind(hint: Any) -> tuple[str, str, tuple[str, ...]]:
    if hint in _SCALARS:
        return _SCALARS[hint], "str", ()
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal and all(isinstance(one, str) for one in inner):
        return "choice", "str", inner
    if origin in (tuple, list) and len(set(inner) - {Ellipsis}) == 1 and inner[0] in _SCALARS:
        return "list", _SCALARS[inner[0]], ()
    return "json", "str", ()


def checked(monitor: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as they are stored: those that differ from their defaults, tuples as lists.

    Raises
    ------
    Invalid : the monitor has no such parameter, or refuses the value.
    """
    known = {one.name: one for one in parameters_of(monitor)}
    for name, value in params.items():
        if name in known and not _fits(value, known[name]):
            raise Invalid(f"{monitor}: {name} must be of the kind of its default, {known[name].default!r}", place=name)
    try:
        registry.build(monitor, params)
    except (ValueError, TypeError) as error:
        raise Invalid(str(error), place=_named(str(error), known)) from None
    stored = {name: _plain(value, known[name]) for name, value in params.items()}
    return {name: value for name, value in stored.items() if value != _plain(known[name].default, known[name])}


def _fits(value: Any, parameter: Parameter) -> bool:
    if value is None:
        return parameter.is_optional or parameter.default is None
    if isinstance(value, bool) or parameter.kind == "bool":
        return isinstance(value, bool) and parameter.kind in ("bool", "json")
    if parameter.kind == "float":
        return isinstance(value, int | float)
    if parameter.kind == "list":
        return isinstance(value, tuple | list)
    if parameter.kind == "int":
        return isinstance(value, int)
    return isinstance(value, str) or parameter.kind == "json"


def _named(message: str, known: Mapping[str, Parameter]) -> str:
    """The one parameter that a monitor's refusal speaks of; empty when it names none or several."""
    words = set(message.replace("'", " ").replace(",", " ").replace(":", " ").split())
    named = [name for name in known if name in words]
    return named[0] if len(named) == 1 else ""


def _plain(value: Any, parameter: Parameter) -> Any:
    """As JSON keeps it; 1 where the parameter is a float is 1.0, so that equal settings have one digest."""
    if isinstance(value, tuple | list):
        return list(value)
    return float(value) if parameter.kind == "float" and isinstance(value, int) else value
