"""Which sessions may follow the feed, and what each may see of it: asked for all sockets of a process at once."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from oversight.accounts.models import Membership, User
from oversight.accounts.permissions import TABLE
from oversight.audit.selectors import FeedRow
from oversight.lib import clock

# Which events a page of that permission shows.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "queue.view": (
        "item.queued",
        "item.raised",
        "item.assigned",
        "item.snoozed",
        "item.claimed",
        "item.released",
        "verdict.committed",
        "verdict.undone",
        "verdict.settled",
        "verdict.reopened",
        "item.disputed",
    ),
    "monitor.view": ("transcripts.ingested", "transcript.run_asked", "transcript.scored", "transcript.flagged"),
    "alert.view": ("webhook.delivered", "webhook.died", "webhook.requested"),
}
ALL_ACTIONS = tuple(action for actions in ACTIONS.values() for action in actions)
Roles = frozenset[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Access:
    """A signed-in user and their roles, each with its project: who has the same roles learns the same."""

    user_id: int
    roles: Roles

    @property
    def all_projects(self) -> frozenset[int]:
        return _all_projects(self.roles)

    @property
    def queues(self) -> frozenset[int]:
        """The projects whose review queue they may see."""
        return _projects(self.roles)["item.queued"]

    def allows(self, row: FeedRow) -> bool:
        return row.project_id in _projects(self.roles).get(row.action, frozenset())


@lru_cache(1024)
def _projects(roles: Roles) -> Mapping[str, frozenset[int]]:
    return {
        action: frozenset(project_id for project_id, role in roles if role in TABLE[permission])
        for permission, actions in ACTIONS.items()
        for action in actions
    }


@lru_cache(1024)
def _all_projects(roles: Roles) -> frozenset[int]:
    return frozenset[int]().union(*_projects(roles).values())


def access_of(user: User) -> Access:
    """One query."""
    return Access(user.pk, _roles([user.pk]).get(user.pk, frozenset()))


def access_of_sessions(keys: Collection[str]) -> dict[str, Access]:
    """Read anew what sessions may see: those that have not ended and whose user has a role. Three queries for all."""
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=clock.now())
    signed = {key: _signed_in(data) for key, data in rows.values_list("session_key", "session_data")}
    ids = {one.user_id for one in signed.values() if one}
    users = {user.pk: user for user in User.objects.filter(pk__in=ids, is_active=True).only("password")}
    roles = _roles(users)
    valid = {
        key: Access(one.user_id, roles[one.user_id])
        for key, one in signed.items()
        if one and one.user_id in roles and one.is_of(users[one.user_id])
    }
    return {key: access for key, access in valid.items() if access.all_projects}


def access_of_session(key: str | None) -> Access | None:
    """What a session may see; None when it has ended, or its user is disabled or has no role left."""
    return access_of_sessions([key]).get(key) if key else None


def _roles(user_ids: Collection[int]) -> dict[int, Roles]:
    roles: dict[int, set[tuple[int, str]]] = defaultdict(set)
    given = Membership.objects.filter(user__in=user_ids, user__is_active=True)
    for user_id, project_id, role in given.values_list("user_id", "project_id", "role"):
        roles[user_id].add((project_id, role))
    return {user_id: frozenset(of) for user_id, of in roles.items()}


@dataclass(frozen=True, slots=True)
class _SignedIn:
    user_id: int
    password_hash: str

    def is_of(self, user: User) -> bool:
        """A changed password ends the session, as it does for pages."""
        valid = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
        return any(hmac.compare_digest(self.password_hash, one) for one in valid)


@lru_cache(4096)
def _signed_in(session_data: str) -> _SignedIn | None:
    """Who signed in. Kept, since to check the signature costs more than to read the row."""
    held = SessionStore().decode(session_data)
    if held.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    return _SignedIn(int(held[SESSION_KEY]), str(held.get(HASH_SESSION_KEY, "")))
