"""Who is told of which events. Handlers register here; `services` rings after commit, `tasks` deliver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oversight.audit.models import LedgerEvent

HandlerFunction = Callable[[LedgerEvent], None]


@dataclass(frozen=True, slots=True)
class Handler:
    """A durable handler runs at least once in a worker and commits with its receipt; a best-effort one runs at once."""

    name: str
    actions: frozenset[str]
    function: HandlerFunction
    durable: bool


HANDLERS: dict[str, Handler] = {}


def subscribe(*actions: str, durable: bool = True) -> Callable[[HandlerFunction], HandlerFunction]:
    """Enter a function into the table under its dotted name."""

    def enter(function: HandlerFunction) -> HandlerFunction:
        name = f"{function.__module__.removeprefix('oversight.')}.{function.__name__}"
        HANDLERS[name] = Handler(name, frozenset(actions), function, durable)
        return function

    return enter


def durable(action: str) -> list[Handler]:
    """The handlers that must be told of this action."""
    return [handler for handler in HANDLERS.values() if handler.durable and action in handler.actions]


def best_effort(action: str) -> list[Handler]:
    """The handlers that are told at once, and may be missed."""
    return [handler for handler in HANDLERS.values() if not handler.durable and action in handler.actions]
