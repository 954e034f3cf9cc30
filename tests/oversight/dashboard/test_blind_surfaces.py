"""Every address of the house, asked by whoever is to read a transcript blind: no byte tells what was said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from monitors.base import Evidence, Score
from oversight.accounts import services as accounts
from oversight.accounts.models import Project, Scope, User
from oversight.alerts.models import Delivery
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.audit.tasks import deliver
from oversight.review import services
from oversight.review.models import ItemState, ReviewItem, Stream, Verdict, VerdictState
from oversight.review.services import verdicts
from tests import factories
from tests.conftest import Clock
from tests.factories import SYSTEM, make_user
from tests.oversight.alerts.arrange import make_endpoint
from tests.oversight.dashboard.walk import filled, routes
from tests.receiver import Receiver

SignIn = Callable[[User], Client]
SCORE = (b"SECRET-RATIONALE", b"SECRET-NOTE", b"0.8731", b"0.87 ", b">0.87<", b"&quot;score&quot;")
EARLIER = (b"EARLIER-NOTE", b"It had been", b"gave a verdict", b"settled the verdict", b"4/4")
WHY = b"EARLIER-WHY"
# Beside the bare address, what a reader could ask of a list, and of a transcript.
OF_LISTS = ("?state=all&sort=score", "?monitor=byte_channels", "?of=flagged", "?of=decided", "?q=SECRET")
OF_TEXTS = ("?surprisal=1&rubric=1&trial=1",)


@dataclass(frozen=True, slots=True)
class Reopened:
    """A flagged item that Dave confirmed and opened again, with the alerts that told of both."""

    item: ReviewItem
    verdict: Verdict
    deployment_id: int


@pytest.fixture
def reopened(project: Project, dave: User, clock: Clock, settings: Settings) -> Iterator[Callable[..., Reopened]]:
    with Receiver() as receiver:
        settings.OUTBOUND_ALLOW = (receiver.place,)
        standing = make_endpoint(project, receiver)
        types = ["transcript.flagged", "verdict.settled"]
        _save_rule(standing.endpoint, types)
        yield lambda **fields: _reopened(project, dave, clock, **fields)


def _save_rule(endpoint: Any, types: list[str]) -> None:
    from oversight.alerts import services as alerts

    alerts.save_rule(endpoint=endpoint, event_types=types, actor=SYSTEM)


def _reopened(project: Project, by: User, clock: Clock, **fields: Any) -> Reopened:
    transcript = factories.make_transcript(project)
    deployment = factories.make_deployment(project)
    evidence = (Evidence(1, 0, 5, "First", "SECRET-NOTE"),)
    score = Score(0.8731, evidence, rationale="SECRET-RATIONALE")
    factories.make_score(transcript, deployment=deployment, score=score)
    item = services.queue_flagged(transcript_id=transcript.pk, score=0.8731, actor=SYSTEM)
    ReviewItem.objects.filter(pk=item.pk).update(**fields)
    _deliver()
    content = services.Content(label="confirmed", severity=4, note="EARLIER-NOTE")
    assignment = services.claim(item=item, reviewer=by, actor=Actor.of(by))
    verdict = services.commit_verdict(assignment=assignment, content=content, actor=Actor.of(by))
    clock.advance(minutes=5)
    services.settle_due(actor=SYSTEM)
    _deliver()
    # Of two readers one has decided: then there is nothing to open, and the first verdict is what must not show.
    if fields.get("required", 1) == 1:
        verdicts.reopen_verdict(verdict=verdict, why="EARLIER-WHY", actor=Actor.of(by))
    item.refresh_from_db()
    return Reopened(item, verdict, deployment.pk)


def _deliver() -> None:
    deliver(list(LedgerEvent.objects.order_by("pk").values_list("pk", flat=True)))


def addresses(found: Reopened) -> Iterator[str]:
    """Each route with each object of its kind that could stand in it, and the queries that its page could know."""
    item, verdict = found.item, found.verdict
    numbers = {item.pk, verdict.pk, found.deployment_id, *Delivery.objects.values_list("pk", flat=True)}
    kinds = {"uuid": [str(item.transcript_id)], "int": [str(pk) for pk in sorted(numbers)]}
    for route in routes():
        for address in filled(route, kinds) if "logout" not in route else ():
            yield address
            if "<int" not in route:
                yield from (address + query for query in (OF_TEXTS if "<uuid" in route else OF_LISTS))


def told(client: Client, found: Reopened, secrets: tuple[bytes, ...]) -> list[str]:
    """The addresses that tell one of the secrets."""
    leaks, n_read, missing = [], 0, set[str]()
    for address in addresses(found):
        bare = address.partition("?")[0]
        if bare in missing:
            continue
        answer = client.get(address)
        if answer.status_code != 200:
            missing.add(bare)
        body = b"".join(answer) if answer.streaming else answer.content
        n_read += answer.status_code == 200
        leaks += [f"{address}: {secret.decode()}" for secret in secrets if secret in body]
    assert n_read > 25, "the walk read hardly any page"
    return leaks


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"stream": Stream.AUDIT}, {"required": 2}], ids=["audit", "second"])
def test_a_blind_reader_is_told_nothing_anywhere(
    fields: dict[str, Any], reopened: Callable[..., Reopened], project: Project, client_of: SignIn
) -> None:
    found = reopened(**fields)
    assert found.item.state == ItemState.OPEN
    reader = make_user("reader", project=project, role="lead")
    assert told(client_of(reader), found, (*SCORE, *EARLIER, WHY)) == []


@pytest.mark.django_db
def test_the_next_reader_in_triage_sees_scores_and_no_earlier_verdict(
    reopened: Callable[..., Reopened], project: Project, client_of: SignIn
) -> None:
    found = reopened()
    client = client_of(make_user("reader", project=project, role="lead"))
    assert told(client, found, EARLIER) == []
    page = client.get(f"/traces/{found.item.transcript_id}/").content
    assert b"SECRET-RATIONALE" in page
    assert WHY in page


@pytest.mark.django_db
def test_who_gave_the_earlier_verdict_finds_it(
    reopened: Callable[..., Reopened], dave: User, client_of: SignIn
) -> None:
    found = reopened()
    page = client_of(dave).get(f"/traces/{found.item.transcript_id}/").content
    assert b"It had been" in page
    assert Verdict.objects.get().state == VerdictState.REOPENED


def _head(project: Project, found: Reopened, *scopes: Scope) -> tuple[dict[str, Any], bytes]:
    made = accounts.create_api_key(project=project, name="k", scopes=scopes, actor=SYSTEM)
    address = f"/api/v1/transcripts/{found.item.transcript_id}"
    answer = Client().get(address, headers={"authorization": f"Bearer {made.token}"})
    assert answer.status_code == 200, answer.content
    return answer.json(), answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"stream": Stream.AUDIT}, {"required": 2}], ids=["audit", "second"])
def test_a_key_is_told_that_scores_are_withheld(
    fields: dict[str, Any], reopened: Callable[..., Reopened], project: Project
) -> None:
    head, body = _head(project, reopened(**fields), Scope.READ_META, Scope.READ_CONTENT)
    assert (head["scores_state"], head["scores"], head["pending"]) == ("withheld until a verdict", [], [])
    assert not any(secret in body for secret in (b"0.87", b"byte_channels", *EARLIER))
    assert not LedgerEvent.objects.filter(action="scores.released").exists()


@pytest.mark.django_db
def test_a_key_that_may_know_gets_them_and_the_ledger_says_so(
    reopened: Callable[..., Reopened], project: Project
) -> None:
    found = reopened(stream=Stream.AUDIT)
    head, _ = _head(project, found, Scope.READ_META, Scope.READ_BLIND)
    assert (head["scores_state"], [one["value"] for one in head["scores"]]) == ("shown", [0.8731])
    released = LedgerEvent.objects.get(action="scores.released")
    assert (released.object_id, released.actor_kind) == (str(found.item.transcript_id), "apikey")


@pytest.mark.django_db
def test_a_key_is_told_the_scores_of_what_nobody_reads_blind(
    reopened: Callable[..., Reopened], project: Project
) -> None:
    head, _ = _head(project, reopened(), Scope.READ_META)
    assert head["scores_state"] == "shown"
    assert not LedgerEvent.objects.filter(action="scores.released").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"stream": Stream.AUDIT}, {"required": 2}], ids=["audit", "second"])
def test_an_alert_of_what_is_read_blind_names_neither_monitor_nor_score(
    fields: dict[str, Any], reopened: Callable[..., Reopened]
) -> None:
    reopened(**fields)
    body = bytes(Delivery.objects.get(event_type="transcript.flagged").body)
    assert b'"scores_state":"withheld until a verdict"' in body
    assert not any(secret in body for secret in (b"0.87", b"byte_channels", b"threshold"))
