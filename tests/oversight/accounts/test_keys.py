"""API keys: scope, expiry, revocation, and what the ledger hears of refusals."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from oversight.accounts import keys, services
from oversight.accounts.models import ApiKey, Project, Scope
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.lib.errors import Conflict, Denied, Invalid, ServiceError, Throttled, Unauthorized

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("tests")


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


def new_key(project: Project, *scopes: Scope, **options: Any) -> services.NewKey:
    return services.create_api_key(project=project, name="k", scopes=scopes or [Scope.INGEST], actor=ACTOR, **options)


def enter(token: str, scope: Scope = Scope.INGEST) -> ApiKey:
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})
    key = keys.KeyAuth(scope)(request)
    assert isinstance(key, ApiKey)
    return key


def refusal(token: str, scope: Scope = Scope.INGEST) -> tuple[type[ServiceError], str]:
    with pytest.raises(ServiceError) as refused:
        enter(token, scope)
    event = LedgerEvent.objects.filter(action="apikey.refused").latest("pk")
    assert (event.outcome, event.actor_kind) == ("denied", "anonymous")
    return type(refused.value), (event.detail_row.detail or {})["why"]


def test_a_key_opens_its_own_project(project: Project) -> None:
    assert enter(new_key(project).token).project == project


def test_only_a_digest_of_the_secret_is_kept(project: Project) -> None:
    new = new_key(project)
    secret = new.token.split("_", 2)[2]
    row = ApiKey.objects.values().get()
    events = list(LedgerEvent.objects.values("canon", "detail_row__detail"))
    assert secret not in repr(row) + repr(events)
    assert len(secret) >= 43


def test_every_way_of_being_wrong_is_refused_and_recorded(project: Project, clock: Any) -> None:
    new = new_key(project, days=1)
    _, key_id, secret = new.token.split("_", 2)
    assert refusal("nonsense") == (Unauthorized, "malformed")
    assert refusal("ovk__") == (Unauthorized, "malformed")
    assert refusal(f"ovk_{key_id}_") == (Unauthorized, "malformed")
    assert refusal(f"ovk_{key_id}\x00_{secret}") == (Unauthorized, "malformed")
    assert refusal(f"ovk_00000000_{secret}") == (Unauthorized, "unknown")
    assert refusal(f"ovk_{key_id}_{secret}x") == (Unauthorized, "unknown")
    assert refusal(new.token, Scope.READ_META) == (Denied, "scope")
    clock.advance(days=1)
    assert refusal(new.token) == (Unauthorized, "expired")


def test_a_revoked_key_is_refused_at_once(project: Project) -> None:
    new = new_key(project)
    services.revoke_api_key(key=new.key, actor=ACTOR)
    assert refusal(new.token) == (Unauthorized, "revoked")
    with pytest.raises(Conflict):
        services.revoke_api_key(key=new.key, actor=ACTOR)


def test_a_flood_of_refusals_does_not_fill_the_ledger(project: Project, clock: Any) -> None:
    for _ in range(keys.REFUSALS_PER_MINUTE):
        refusal("nonsense")
    with pytest.raises(Throttled):
        enter("nonsense")
    assert LedgerEvent.objects.filter(action="apikey.refused").count() == keys.REFUSALS_PER_MINUTE
    assert enter(new_key(project).token), "a good key is not held up by the bad ones"


@pytest.mark.parametrize("reading", [Scope.READ_META, Scope.READ_CONTENT])
def test_a_key_that_ingests_can_never_read(project: Project, reading: Scope) -> None:
    with pytest.raises(Invalid):
        new_key(project, Scope.INGEST, reading)


@pytest.mark.parametrize(("days", "scopes"), [(0, [Scope.INGEST]), (181, [Scope.INGEST]), (1, [])])
def test_a_key_lives_180_days_at_most_and_can_do_something(project: Project, days: int, scopes: list[Scope]) -> None:
    with pytest.raises(Invalid):
        services.create_api_key(project=project, name="k", scopes=scopes, days=days, actor=ACTOR)


def test_last_use_is_noted_once_a_minute(project: Project, clock: Any, django_assert_num_queries: Any) -> None:
    token = new_key(project).token
    # The key itself is looked up past Django (lib.copying), which counts the note alone.
    with django_assert_num_queries(1):
        enter(token)
    clock.advance(seconds=59)
    with django_assert_num_queries(0):
        enter(token)
    clock.advance(seconds=2)
    enter(token)
    assert ApiKey.objects.get().last_used_at == clock.now


def test_tokens_have_the_published_form_and_differ() -> None:
    minted = [keys.mint() for _ in range(200)]
    assert all(len(m.key_id) == 8 and m.key_id.isalnum() and m.token.startswith(f"ovk_{m.key_id}_") for m in minted)
    assert len({m.token for m in minted}) == 200
