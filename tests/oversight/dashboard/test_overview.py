"""The overview: numbers with their denominators, charts that say the same as their tables, and an empty state."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from monitors.base import Reason, Score
from oversight.accounts.models import Project, User
from oversight.dashboard import charts
from oversight.dashboard.attention import attention
from oversight.dashboard.coverage import DayOfModel
from oversight.dashboard.overview import FlagsInHour, MonitorStates, Share, by_day, overview
from oversight.monitoring import services as monitoring
from oversight.review.models import Assignment, ReviewItem, Verdict
from tests import factories

SignIn = Callable[[User], Client]


@pytest.mark.django_db
def test_every_share_has_its_denominator(project: Project) -> None:
    deployment = factories.make_deployment(project)
    for score in (Score(1.0), Score(0.1), Score.unscored(Reason.TIMEOUT), Score.skipped(Reason.NO_REASONING)):
        factories.make_score(factories.make_transcript(project), deployment=deployment, score=score)
    waiting = factories.make_transcript(project)
    monitoring.schedule(transcript_ids=[waiting.pk], actor=factories.SYSTEM)

    found = overview({project.pk})

    assert found.n_transcripts == 5
    assert found.monitored == Share(4, 5)
    assert found.flagged == Share(1, 4)
    assert found.unmeasured == Share(1, 3)
    assert [(reason.reason, reason.of_all) for reason in found.reasons] == [("timeout", Share(1, 1))]


@pytest.mark.django_db
def test_other_projects_and_earlier_transcripts_do_not_count(project: Project, other_project: Project) -> None:
    factories.make_score(factories.make_transcript(other_project))
    old = factories.make_transcript(project)
    type(old).objects.filter(pk=old.pk).update(received_at=datetime.now(UTC) - timedelta(days=2))

    assert overview({project.pk}, "day").n_transcripts == 0
    assert overview({project.pk}, "week").n_transcripts == 1


def test_a_share_of_nothing_is_no_number() -> None:
    assert Share(0, 0).value is None


@pytest.mark.django_db
def test_without_transcripts_the_page_says_how_to_send_some(alice: User, client_of: SignIn) -> None:
    page = client_of(alice).get(reverse("dashboard:overview")).content.decode()

    assert "No transcripts yet" in page
    assert "plotly" not in page


@pytest.mark.django_db
def test_the_page_carries_its_figures_as_data(project: Project, alice: User, client_of: SignIn) -> None:
    factories.make_score(factories.make_transcript(project))

    page = client_of(alice).get(reverse("dashboard:overview")).content.decode()
    figures = re.findall(r'<script id="(\w+)-figure" type="application/json">(.*?)</script>', page)

    assert {name: json.loads(figure)["data"][0]["type"] for name, figure in figures} == {
        "rates": "scatter",
        "flags": "bar",
        "states": "bar",
    }


@pytest.mark.django_db
def test_a_number_leads_to_the_rows_behind_it(project: Project, alice: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    timed_out = factories.make_transcript(project)
    factories.make_score(timed_out, deployment=deployment, score=Score.unscored(Reason.TIMEOUT))
    flagged = factories.make_transcript(project)
    factories.make_score(flagged, deployment=deployment)
    client = client_of(alice)

    page = client.get(reverse("dashboard:overview")).content.decode()
    link = re.search(r'href="([^"]*reason=timeout[^"]*)"', page)
    assert link
    rows = client.get(link[1].replace("&amp;", "&")).content.decode()

    assert timed_out.external_id in rows
    assert flagged.external_id not in rows


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?period=day", "?period=nonsense", "?page=99999999&state=x&reason=%00"])
def test_no_address_breaks_the_pages(query: str, project: Project, alice: User, client_of: SignIn) -> None:
    factories.make_score(factories.make_transcript(project))
    client = client_of(alice)

    assert client.get(reverse("dashboard:overview") + query).status_code == 200
    assert client.get(reverse("dashboard:scores") + query).status_code == 200


@pytest.mark.django_db
def test_an_auditor_sees_numbers_and_no_way_into_the_text(project: Project, erin: User, client_of: SignIn) -> None:
    transcript = factories.make_transcript(project)
    factories.make_score(transcript)

    rows = client_of(erin).get(reverse("dashboard:scores")).content.decode()

    assert transcript.external_id in rows
    assert reverse("dashboard:trace", args=[transcript.pk]) not in rows


@pytest.mark.django_db
def test_the_overview_takes_the_same_number_of_queries_whatever_it_counts(
    project: Project,
    alice: User,
    client_of: SignIn,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # On a busy machine counting takes long, and then it is asked how large the house is.
    monkeypatch.setattr("oversight.lib.kept.LONG_S", float("inf"))
    client, deployment = client_of(alice), factories.make_deployment(project)
    for _ in range(3):
        factories.make_score(factories.make_transcript(project), deployment=deployment)

    with django_assert_num_queries(27):
        client.get(reverse("dashboard:overview"))


def test_the_table_of_a_chart_says_what_its_bars_say() -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    chart = charts.flags_over_time(
        [FlagsInHour(noon, "byte_channels", 3), FlagsInHour(noon + timedelta(hours=2), "judge_encoded_reasoning", 1)]
    )

    assert [bar["y"] for bar in chart.figure["data"]] == [[3, 0, 0], [0, 0, 1]]
    assert chart.rows == (("2026-11-22 14:00", "0", "1"), ("2026-11-22 12:00", "3", "0"))
    assert chart.summary == "4 flags in 3 hours; the most in one hour, 3, on 2026-11-22 at 12:00 UTC."


def test_flags_of_many_days_are_added_up_before_they_are_drawn_and_those_of_few_are_not() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    flags = [FlagsInHour(noon + timedelta(hours=hours), "byte_channels", 2) for hours in (0, 3, 71, 72)]
    assert by_day(flags[:3]) == tuple(flags[:3])
    days = [(flag.hour.date().isoformat(), flag.count) for flag in by_day(flags)]
    assert days == [("2026-11-20", 4), ("2026-11-23", 4)]
    assert charts.flags_over_time(by_day(flags)) == charts.flags_over_time(flags)


def test_flags_of_more_than_three_days_stand_by_day() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    flags = [FlagsInHour(noon + timedelta(hours=hours), "byte_channels", 1) for hours in (0, 3, 30, 80)]
    chart = charts.flags_over_time(flags)

    assert chart.figure["data"][0]["y"] == [2, 1, 0, 1]
    assert chart.rows == (("2026-11-23", "1"), ("2026-11-21", "1"), ("2026-11-20", "2"))
    assert chart.summary == "4 flags in 4 days; the most in one day, 2, on 2026-11-20 UTC."


def test_series_differ_by_pattern_and_not_by_colour_alone() -> None:
    states = MonitorStates("byte_channels", "Byte channels", {"flagged": 1, "scored": 2, "unscored": 3, "partial": 1})
    figure = charts.states_by_monitor([states]).figure

    drawn = [(bar["marker"]["color"], bar["marker"]["pattern"]["shape"]) for bar in figure["data"]]
    assert len(set(drawn)) == len(drawn) == 4


def _rows_behind(client: Client, url: str) -> int:
    """All rows of a list, page after page."""
    n = 0
    while url:
        page = client.get(url).content.decode()
        n += page.count("<tr") - page.count("<thead><tr")
        after = re.search(r'rel="next" href="([^"]+)"', page)
        url = urljoin(url, html.unescape(after[1])) if after else ""
    return n


@pytest.mark.django_db
def test_every_number_is_the_number_of_rows_behind_it(
    project: Project, other_project: Project, dave: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oversight.dashboard.score_rows.PAGE_SIZE", 2)
    monkeypatch.setattr("oversight.dashboard.behind.PAGE_SIZE", 2)
    deployment = factories.make_deployment(project)
    scores = (Score(1.0), Score(1.0), Score(0.1), Score.unscored(Reason.TIMEOUT), Score.skipped(Reason.NO_REASONING))
    for number, score in enumerate(scores):
        model: dict[str, Any] = {"model": f"model-{number % 2}", "checkpoint": "step 1" if number == 2 else ""}
        factories.make_score(factories.make_transcript(project, **model), deployment=deployment, score=score)
    pending = factories.make_transcript(project, model="model-1")
    monitoring.schedule(transcript_ids=[pending.pk], actor=factories.SYSTEM)
    factories.make_score(factories.make_transcript(other_project))
    first, second = (factories.make_item(project) for _ in range(2))
    ReviewItem.objects.filter(pk=first.pk).update(due_at=datetime.now(UTC) - timedelta(hours=1))
    _decide(second, dave)
    client = client_of(dave)

    page = client.get(reverse("dashboard:overview")).content.decode()
    found = overview({project.pk})

    figures = dict(re.findall(r'<a class="figure" href="([^"]+)">.*?<span class="figure-note">(.*?)</span>', page))
    numbers = {url: int(re.sub(r"\D", "", note.split(" of ")[0])) for url, note in figures.items() if " of " in note}
    assert len(numbers) == 4
    numbers[next(url for url in figures if "of=received" in url)] = found.n_transcripts
    numbers[next(url for url in figures if "of=open" in url)] = found.n_open
    numbers |= {url: int(n) for url, n in re.findall(r'<td class="num[^"]*"><a href="([^"]+)">(\d+)</a>', page)}
    for value, _, n in found.verdicts:
        numbers[f"{reverse('dashboard:items')}?of={value}"] = n
    numbers[f"{reverse('dashboard:items')}?of=decided"] = found.n_verdicts
    numbers[f"{reverse('dashboard:items')}?of=overdue"] = 1

    assert (found.n_open, found.n_verdicts, found.reviewed) == (1, 1, Share(1, 8))
    assert "1 item past the time" in page
    assert {url: _rows_behind(client, html.unescape(url)) for url in numbers} == numbers


def _decide(item: ReviewItem, reviewer: User) -> None:
    now = datetime.now(UTC)
    done = Assignment.objects.create(
        item=item, reviewer=reviewer, state="done", lease_until=now, claimed_at=now, read_share=0.5
    )
    Verdict.objects.create(assignment=done, item=item, label="benign", committed_at=now, settles_at=now)
    ReviewItem.objects.filter(pk=item.pk).update(state="decided", decided_at=now)


@pytest.mark.django_db
def test_what_is_read_blind_counts_among_the_flagged_and_is_not_named(
    project: Project, dave: User, client_of: SignIn
) -> None:
    item = factories.make_item(project)
    ReviewItem.objects.filter(pk=item.pk).update(required=2)
    client = client_of(dave)
    for url in (reverse("dashboard:rows") + "?of=flagged", reverse("dashboard:scores") + "?state=flagged"):
        page = client.get(url).content.decode()
        assert "not named: you read it without scores" in page
        assert item.transcript.external_id not in page
    assert item.transcript.external_id in client.get(reverse("dashboard:rows")).content.decode()


@pytest.mark.django_db
def test_what_needs_attention_is_listed_the_worst_first(project: Project, dave: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    for number in range(20):
        score = Score.unscored(Reason.TIMEOUT) if number % 2 else Score(0.1)
        factories.make_score(factories.make_transcript(project), deployment=deployment, score=score)
    item = factories.make_item(project)
    ReviewItem.objects.filter(pk=item.pk).update(state="disputed")

    found = attention(frozenset({project.pk}), overview({project.pk}).monitors, "all")
    titles = [concern.title for concern in found.concerns]

    assert "Disputed" in titles
    assert titles[-1] == "Byte channels"
    assert found.concerns[-1].says == "10 of 21 measurements could not be made."
    page = client_of(dave).get(found.concerns[-1].url).content.decode()
    assert page.count("Could not measure</span>") == 10


def test_the_rate_of_a_day_without_transcripts_is_no_point() -> None:
    day = date(2026, 11, 20)
    chart = charts.flag_rate_by_model(
        [DayOfModel(day, "a", 10, 1), DayOfModel(day, "", 4, 0), DayOfModel(day + timedelta(days=2), "a", 5, 5)]
    )

    assert [line["x"] for line in chart.figure["data"]] == [["2026-11-20", "2026-11-22"], ["2026-11-20"]]
    assert [line["y"] for line in chart.figure["data"]] == [[0.1, 1.0], [0.0]]
    assert chart.columns == ("Day (UTC)", "a", "not stated")
    assert chart.rows == (("2026-11-22", "5 of 5", "–"), ("2026-11-20", "1 of 10", "0 of 4"))
    assert chart.summary.startswith("6 of 19 transcripts (31.6%) on 2 days are flagged")
