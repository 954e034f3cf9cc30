"""Who does something: an opaque id and a kind, never a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class HasPk(Protocol):
    """A user or an API key."""

    @property
    def pk(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """The originator of a change or a read. `on_behalf_of` names the actor whose rights a worker uses."""

    kind: str
    id: str
    on_behalf_of: str = ""

    @classmethod
    def of(cls, user: HasPk) -> Actor:
        return cls("user", str(user.pk))

    @classmethod
    def api_key(cls, key: HasPk) -> Actor:
        return cls("apikey", str(key.pk))

    @classmethod
    def worker(cls, name: str) -> Actor:
        return cls("worker", name)

    @classmethod
    def system(cls, name: str = "oversight") -> Actor:
        return cls("system", name)

    @classmethod
    def anonymous(cls) -> Actor:
        return cls("anonymous", "")
