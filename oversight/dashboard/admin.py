"""What the members and API keys pages show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oversight.accounts.models import ApiKey, Membership
from oversight.lib import clock


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One person's role in one project."""

    id: int
    name: str
    email: str
    is_active: bool
    project: str
    role: str
    role_label: str
    since: datetime


def member_rows(projects: frozenset[int]) -> tuple[MemberRow, ...]:
    """By project and name. One query."""
    found = Membership.objects.filter(project_id__in=projects).select_related("user", "project")
    return tuple(
        MemberRow(
            row.pk,
            row.user.name,
            row.user.email,
            row.user.is_active,
            row.project.name,
            row.role,
            row.get_role_display(),
            row.created_at,
        )
        for row in found.order_by("project__name", "user__name", "pk")
    )


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One API key; its secret is not kept."""

    id: int
    name: str
    shown_id: str
    scopes: tuple[str, ...]
    project: str
    made_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    tone: str
    word: str

    @property
    def is_live(self) -> bool:
        return self.tone == "ok"


def key_rows(projects: frozenset[int]) -> tuple[KeyRow, ...]:
    """Newest first. One query."""
    found = ApiKey.objects.filter(project_id__in=projects).select_related("project", "created_by").order_by("-pk")
    return tuple(_key_row(key) for key in found)


def _key_row(key: ApiKey) -> KeyRow:
    state = ("ok", "Live")
    if key.revoked_at:
        state = ("muted", "Revoked")
    elif key.expires_at <= clock.now():
        state = ("warn", "Expired")
    return KeyRow(
        id=key.pk,
        name=key.name,
        shown_id=f"ovk_{key.key_id}_…",
        scopes=tuple(key.scopes),
        project=key.project.name,
        made_by=key.created_by.name if key.created_by else "the system",
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        tone=state[0],
        word=state[1],
    )
