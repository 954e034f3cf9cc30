"""Sign-ins, and changes of members and keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oversight.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(Event):
    """A user signed in."""

    action: ClassVar[str] = "session.signed_in"
    object_type: ClassVar[str] = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut(Event):
    """A user signed out."""

    action: ClassVar[str] = "session.signed_out"
    object_type: ClassVar[str] = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailed(Event):
    """A wrong password or a throttled attempt; holds a digest of the name that was tried, not the name."""

    action: ClassVar[str] = "session.failed"
    object_type: ClassVar[str] = "login"
    throttled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCreated(Event):
    """A project was made."""

    action: ClassVar[str] = "project.created"
    object_type: ClassVar[str] = "project"
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCreated(Event):
    """A person was given an account."""

    action: ClassVar[str] = "user.created"
    object_type: ClassVar[str] = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordSet(Event):
    """A user's password was replaced."""

    action: ClassVar[str] = "user.password_set"
    object_type: ClassVar[str] = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeChosen(Event):
    """A user chose their colour scheme."""

    action: ClassVar[str] = "user.theme_chosen"
    object_type: ClassVar[str] = "user"
    theme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencesChosen(Event):
    """A user chose how pages look and which keys work."""

    action: ClassVar[str] = "user.preferences_chosen"
    object_type: ClassVar[str] = "user"
    preferences: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipChanged(Event):
    """A role was given, changed or taken."""

    action: ClassVar[str] = "membership.changed"
    object_type: ClassVar[str] = "user"
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyCreated(Event):
    """A key was made; its secret is nowhere but with whom it was shown to."""

    action: ClassVar[str] = "apikey.created"
    object_type: ClassVar[str] = "apikey"
    key_id: str
    scopes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRevoked(Event):
    """A key was revoked."""

    action: ClassVar[str] = "apikey.revoked"
    object_type: ClassVar[str] = "apikey"
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRefused(Event):
    """A key was refused: unknown, revoked, expired, or without the scope."""

    action: ClassVar[str] = "apikey.refused"
    object_type: ClassVar[str] = "apikey"
    why: str
