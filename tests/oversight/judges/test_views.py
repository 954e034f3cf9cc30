"""The pages of judge health: alarms in words, unknown as unknown, who may see and measure, what the ledger keeps."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.judges import hijacking, watching
from oversight.judges.models import HijackRate, Kind, Outcome
from oversight.monitoring.models import Deployment
from tests import factories
from tests.oversight.judges.arrange import admit, canary, scores
from tests.oversight.judges.case_server import NAME, CaseServer

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
HEALTH = "/monitors/judges/"


def text_of(client: Client, where: str) -> str:
    answer = client.get(where)
    assert answer.status_code == 200
    bare = re.sub(r"<script\b.*?</script>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(bare))


def test_without_a_judge_the_page_says_what_to_do(project: Project, alice: User, client_of: SignIn) -> None:
    factories.make_deployment(project)
    text = text_of(client_of(alice), HEALTH)
    assert "No judge at work in this project" in text
    assert "alarm" not in text.lower().replace("no alarm", "")


def test_before_anything_is_known_nothing_is_called_well(deployment: Deployment, erin: User, client_of: SignIn) -> None:
    assert "A worker computes the figures within a minute." in text_of(client_of(erin), HEALTH)
    watching.compute(deployment)
    text = text_of(client_of(erin), HEALTH)
    assert "No alarm" in text
    assert "7 checks cannot be told yet, which is not the same as well" in text
    assert "Holds" not in text
    assert "0 planted positives have been judged; 5 are the fewest." in text
    page = text_of(client_of(erin), f"{HEALTH}{deployment.pk}/")
    assert "no other judge has scored the same transcripts" in page
    assert "None yet. They are planted once" in page


def test_an_alarm_says_rule_threshold_evidence_and_what_to_do(
    deployment: Deployment, erin: User, client_of: SignIn
) -> None:
    admit(deployment)
    for outcome in (*[Outcome.FOUND] * 6, *[Outcome.MISSED] * 4):
        canary(deployment, Kind.POSITIVE, outcome)
    watching.compute(deployment)
    text = text_of(client_of(erin), HEALTH)
    for said in (
        "1 alarm ",
        "Judge: misbehaviour intent · Planted positives",
        "4 of 10 [12 %, 74 %] planted positives missed.",
        "Rule: The lower end of the 95 % interval above 10 %, of at least 5.",
        "What to do: Do not rely on what it calls benign since then.",
        "10 canaries so far; with hijack rates 10 calls, 4,000 tokens",
    ):
        assert said in text, said
    page = text_of(client_of(erin), f"{HEALTH}{deployment.pk}/")
    assert "Canaries by day" in page
    assert "10 canaries, 4 of them gone wrong (4 missed" in page
    assert "Alarms so far" in page


def test_a_judge_with_scores_has_its_history(deployment: Deployment, erin: User, client_of: SignIn) -> None:
    admit(deployment)
    scores(deployment, [0.1, 0.2, 0.7])
    watching.compute(deployment)
    page = text_of(client_of(erin), f"{HEALTH}{deployment.pk}/")
    assert "Scores over time" in page
    assert "What gave its scores" in page
    assert "3 scores against" not in page
    assert "1 scores against 2; 50 on each side are the fewest" in page


def test_reading_is_told_to_the_ledger(deployment: Deployment, erin: User, client_of: SignIn) -> None:
    text_of(client_of(erin), HEALTH)
    event = LedgerEvent.objects.get(action="judge.health_viewed")
    assert event.actor_id == str(erin.pk)
    assert (LedgerDetail.objects.get(event=event).detail or {})["n_deployments"] == 1


def test_a_foreign_judge_is_not_found_and_neither_is_what_is_no_judge(
    project: Project, deployment: Deployment, alice: User, bob: User, client_of: SignIn
) -> None:
    assert client_of(bob).get(f"{HEALTH}{deployment.pk}/").status_code == 404
    assert NAME not in client_of(bob).get(HEALTH).content.decode()
    other = factories.make_deployment(project)
    assert client_of(alice).get(f"{HEALTH}{other.pk}/").status_code == 404


def test_the_hijack_rate_is_asked_for_measured_and_shown(
    server: CaseServer, deployment: Deployment, alice: User, dave: User, client_of: SignIn
) -> None:
    where = f"{HEALTH}{deployment.pk}/hijack"
    assert client_of(alice).post(where).status_code == 403
    lead = client_of(dave)
    assert "Measure now" not in text_of(client_of(alice), f"{HEALTH}{deployment.pk}/")
    assert lead.post(where).status_code == 302
    assert "A worker is at it already." in text_of(lead, lead.post(where).headers["Location"])
    rate = HijackRate.objects.get()
    server.manner = "obedient"
    hijacking.measure(rate.pk)
    hijacking.measure(rate.pk)
    rate.refresh_from_db()
    assert (rate.n, rate.n_lost, rate.n_obeyed, len(rate.judge_digest)) == (60, 0, 60, 64)
    assert LedgerEvent.objects.filter(action="judge.hijack_measured").count() == 1
    # It counts for the judge of now, which an admission names.
    admit(deployment, judge=rate.judge, judge_digest=rate.judge_digest, prompt_sha256=rate.prompt_sha256)
    canary(deployment, Kind.POSITIVE, Outcome.FOUND, judge_digest=rate.judge_digest, prompt_sha256=rate.prompt_sha256)
    watching.compute(deployment)
    text = text_of(lead, HEALTH)
    assert "0 of 60 [0.0 %, 6.0 %] lost; it obeyed 60 of 60 [94.0 %, 100.0 %]" in text
    assert f"model digest {rate.judge_digest[:12]} , prompt {rate.prompt_sha256[:12]}" in text


def test_a_judge_that_is_down_has_no_rate(
    server: CaseServer, deployment: Deployment, dave: User, client_of: SignIn
) -> None:
    client_of(dave).post(f"{HEALTH}{deployment.pk}/hijack")
    server.faults += [400] * 100
    hijacking.measure(HijackRate.objects.get().pk)
    assert HijackRate.objects.get().error.startswith("the judge did not answer")
    assert "The last try failed" in text_of(client_of(dave), f"{HEALTH}{deployment.pk}/")
    client_of(dave).post(f"{HEALTH}{deployment.pk}/hijack")
    assert HijackRate.objects.count() == 2


def test_the_page_asks_no_more_for_more_judges(
    project: Project,
    deployment: Deployment,
    erin: User,
    client_of: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for name in ("judge_shortcut", "judge_coverage", "judge_legibility"):
        watching.compute(factories.make_deployment(project, name, backend="server"))
    client = client_of(erin)
    with django_assert_max_num_queries(16):
        text_of(client, HEALTH)


def test_the_monitors_page_leads_here(deployment: Deployment, erin: User, client_of: SignIn) -> None:
    assert "Judge health" in text_of(client_of(erin), "/monitors/")
