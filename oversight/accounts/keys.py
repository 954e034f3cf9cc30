"""API keys: what one looks like, and who is let in with one."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q
from django.http import HttpRequest
from ninja.security import HttpBearer

from oversight.accounts import throttle
from oversight.accounts.events import ApiKeyRefused
from oversight.accounts.models import ApiKey, Project, Scope
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.middleware import client_ip
from oversight.lib import clock, crypto
from oversight.lib.copying import fetch
from oversight.lib.errors import Denied, ServiceError, Throttled, Unauthorized, Unavailable

PREFIX = "ovk"
REFUSALS_PER_MINUTE = 30
# Finer than this nobody needs, and a write for every request would cost more than the request.
LAST_USED_EVERY = timedelta(minutes=1)
_NOBODY = hashlib.sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Minted:
    """A new key: the id is kept in clear, of the secret only the digest; `token` is shown once."""

    key_id: str
    secret_sha256: bytes
    token: str


def mint() -> Minted:
    key_id, secret = crypto.token(12).replace("-", "").replace("_", "")[:8].ljust(8, "0"), crypto.token()
    return Minted(key_id, _digest(secret), f"{PREFIX}_{key_id}_{secret}")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class KeyRefused(Exception):
    """Why a token does not open the door: for the ledger in full, for the caller in general."""

    def __init__(self, why: str, key: ApiKey | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.key = key


def verify(token: str, scope: Scope) -> ApiKey:
    """The live key of this token, if it has the scope. Raises KeyRefused. One query."""
    prefix, _, rest = token.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != PREFIX or not secret or not key_id.isalnum() or not key_id.isascii():
        raise KeyRefused("malformed")
    key = _find(key_id[:9])
    kept = bytes(key.secret_sha256) if key else _NOBODY
    if not hmac.compare_digest(kept, _digest(secret)) or key is None:
        raise KeyRefused("unknown", key)
    if key.revoked_at:
        raise KeyRefused("revoked", key)
    if key.expires_at <= clock.now():
        raise KeyRefused("expired", key)
    if scope not in key.scopes:
        raise KeyRefused("scope", key)
    return key


def _find(key_id: str) -> ApiKey | None:
    """The key with its project. Every request asks for it, and the ORM would take longer than the database."""
    rows = fetch(_find_sql(), {"key_id": key_id})
    if not rows:
        return None
    [row] = rows
    names, project_names = ([field.attname for field in model._meta.concrete_fields] for model in (ApiKey, Project))
    key = ApiKey.from_db(DEFAULT_DB_ALIAS, names, row[: len(names)])
    key.project = Project.from_db(DEFAULT_DB_ALIAS, project_names, row[len(names) :])
    return key


@cache
def _find_sql() -> str:
    tables = {"k": ApiKey, "p": Project}
    columns = (f"{name}.{field.column}" for name, model in tables.items() for field in model._meta.concrete_fields)
    return (
        f"SELECT {', '.join(columns)} FROM {ApiKey._meta.db_table} k"  # noqa: S608  # names of our own columns
        f" JOIN {Project._meta.db_table} p ON p.id = k.project_id WHERE k.key_id = %(key_id)s::text"
    )


def touch(key: ApiKey) -> None:
    """Note when the key was last used, to the minute."""
    now = clock.now()
    if key.last_used_at is None or key.last_used_at <= now - LAST_USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


class KeyAuth(HttpBearer):
    """`Authorization: Bearer ovk_...` with a scope; sets `request.auth` to the key. Refusals are events."""

    openapi_name = "API key"

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        return let_in(request, token, self.scope)


def let_in(request: HttpRequest, token: str, scope: Scope) -> ApiKey:
    """The key of this token. Raises Unauthorized, Denied or Throttled, and records it."""
    try:
        key = verify(token, scope)
    except KeyRefused as refused:
        raise _refusal(request, refused, scope) from None
    touch(key)
    return key


def _refusal(request: HttpRequest, refused: KeyRefused, scope: Scope) -> ServiceError:
    """Record it, unless this address has had so many that the ledger would be the one to suffer."""
    try:
        if throttle.hit(f"key:{client_ip(request)}") > REFUSALS_PER_MINUTE:
            return Throttled("Too many refused keys from this address. Wait a minute.")
    except Unavailable:
        pass  # the refusal stands with or without the count
    audit.record_alone(
        ApiKeyRefused(
            object_id=str(refused.key.pk) if refused.key else "unknown",
            project_id=refused.key.project_id if refused.key else None,
            outcome="denied",
            why=refused.why,
        ),
        Actor.anonymous(),
    )
    if refused.why == "scope":
        return Denied(f"This key does not have the scope {scope.value}.")
    if refused.why in ("revoked", "expired"):
        return Unauthorized(f"This key is {refused.why}. An admin of the project can make a new one.")
    return Unauthorized("This key is not known. Send it as: Authorization: Bearer ovk_...")
