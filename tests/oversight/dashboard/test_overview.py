"""The overview: numbers with their denominators, charts that say the same as their tables, and an empty state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from monitors.base import Reason, Score
from oversight.accounts.models import Project, User
from oversight.dashboard import charts
from oversight.dashboard.overview import FlagsInHour, MonitorStates, Share, overview
from oversight.monitoring import services as monitoring
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
    html = client_of(alice).get(reverse("dashboard:overview")).content.decode()

    assert "No transcripts yet" in html
    assert "plotly" not in html


@pytest.mark.django_db
def test_the_page_carries_its_figures_as_data(project: Project, alice: User, client_of: SignIn) -> None:
    factories.make_score(factories.make_transcript(project))

    html = client_of(alice).get(reverse("dashboard:overview")).content.decode()
    figures = re.findall(r'<script id="(\w+)-figure" type="application/json">(.*?)</script>', html)

    assert {name: json.loads(figure)["data"][0]["type"] for name, figure in figures} == {
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

    with django_assert_num_queries(11):
        client.get(reverse("dashboard:overview"))


def test_the_table_of_a_chart_says_what_its_bars_say() -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    chart = charts.flags_over_time(
        [FlagsInHour(noon, "byte_channels", 3), FlagsInHour(noon + timedelta(hours=2), "judge_encoded_reasoning", 1)]
    )

    assert [bar["y"] for bar in chart.figure["data"]] == [[3, 0, 0], [0, 0, 1]]
    assert chart.rows == (("2026-11-22 14:00", "0", "1"), ("2026-11-22 12:00", "3", "0"))
    assert chart.summary == "4 flags in 3 hours; the most in one hour, 3, on 2026-11-22 at 12:00 UTC."


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
