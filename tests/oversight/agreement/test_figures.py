"""The agreement page: figures against the statistics themselves, and a reason wherever there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from monitors.stats.agreement import krippendorff_alpha
from oversight.accounts.models import Project, User
from oversight.agreement.figures import agreed
from oversight.agreement.page import agreement_page
from oversight.agreement.pairs import Pair, pairs_of
from oversight.review import services
from oversight.review.models import LabelSetVersion, ReviewItem, Verdict
from oversight.review.services import verdicts
from tests.conftest import Clock
from tests.oversight.agreement import desk

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db
Said = tuple[str, int | None]
REASONING = "First a step of it. Then I hide the second one. The sum is 42."


def read_twice(
    project: Project, readers: Sequence[User], said: Sequence[tuple[Said, Said]], clock: Clock, *, marks: bool = False
) -> LabelSetVersion:
    for first, second in said:
        item = desk.doubled(project, reasoning=REASONING)
        name = desk.label_names(item)[0]
        for reader, (label, severity) in zip(readers, (first, second), strict=True):
            spans = [desk.marked(item, 1, 20, 46, name)] if marks and label != "benign" else []
            desk.decide(item, reader, label, severity, spans=spans)
    clock.advance(seconds=9)
    services.settle_due(actor=desk.WORKER)
    return LabelSetVersion.objects.latest("pk")


BENIGN: Said = ("benign", None)
ODD: Said = ("suspicious", 2)
BAD: Said = ("confirmed", 4)
MIXED = [(BENIGN, BENIGN)] * 7 + [(ODD, ODD)] * 3 + [(BENIGN, ODD), (BAD, ODD)]


def test_figures_are_those_of_the_statistics(project: Project, ana: User, ben: User, clock: Clock) -> None:
    version = read_twice(project, (ana, ben), MIXED, clock)
    pairs = pairs_of(version).found
    found = agreed(pairs, version)
    assert (found.n_items, found.n_equal, found.n_people) == (12, 10, 2)
    alpha = next(one for one in found.verdicts if "alpha" in one.name).estimate
    assert alpha.value == pytest.approx(krippendorff_alpha([pair.labels for pair in pairs]))
    assert alpha.low is not None
    assert found.verdicts[0].estimate.value == pytest.approx(10 / 12)


def test_each_number_links_to_exactly_its_rows(
    project: Project, ana: User, ben: User, dave: User, clock: Clock, client_of: ClientOf
) -> None:
    read_twice(project, (ana, ben), MIXED, clock, marks=True)
    client = client_of(dave)
    page = client.get(reverse("agreement:page")).content.decode()
    links = set(re.findall(r'<a href="(/review/agreement/items[^"]*)">([\d,]+)', page))
    assert len(links) > 8
    for url, said in links:
        listed = client.get(url.replace("&amp;", "&")).content.decode()
        if "said=" in url:
            continue
        assert listed.count("/review/adjudicate/") - 1 == int(said), url


def test_one_label_only_is_not_estimable(project: Project, ana: User, ben: User, clock: Clock) -> None:
    version = read_twice(project, (ana, ben), [(BENIGN, BENIGN)] * 10, clock)
    found = agreed(pairs_of(version).found, version)
    by_name = {one.name: one.estimate for one in found.verdicts}
    assert by_name["Same label"].value == 1.0
    for name in ("Cohen's kappa", "Krippendorff's alpha, nominal"):
        assert by_name[name].value is None
        assert "all ratings are the same" in by_name[name].reason
    assert all(one.estimate.reason == "nobody used this label" for one in found.steps)
    assert all("0 items with a mark" in one.estimate.reason for pair in found.spans for one in pair)


def test_few_pairs_are_not_estimable(
    project: Project, ana: User, ben: User, dave: User, clock: Clock, client_of: ClientOf
) -> None:
    version = read_twice(project, (ana, ben), MIXED[:3], clock)
    found = agreed(pairs_of(version).found, version)
    assert {one.estimate.reason for one in found.verdicts} == {"3 pairs; 10 are needed"}
    page = client_of(dave).get(reverse("agreement:page")).content.decode()
    assert "not estimable: 3 pairs; 10 are needed" in page
    assert "data-chart" not in page


def test_marks_agree_step_by_step_and_stretch_by_stretch(project: Project, ana: User, ben: User, clock: Clock) -> None:
    said = [(BENIGN, BENIGN)] * 4 + [(ODD, ODD)] * 10 + [(BENIGN, ODD)]
    version = read_twice(project, (ana, ben), said, clock, marks=True)
    found = agreed(pairs_of(version).found, version)
    label = desk.label_names(ReviewItem.objects.latest("pk"))[0]
    steps = next(one for one in found.steps if one.name == label)
    assert steps.estimate.value is not None
    assert 0.5 < steps.estimate.value < 1.0
    assert (steps.n_items, steps.n_pairs) == (11, 15)
    exact, half = next(pair for pair in found.spans if pair[0].name == label)
    assert exact.estimate.value == half.estimate.value == pytest.approx(20 / 21)


def test_two_people_are_compared_from_twenty_items_on(
    project: Project, ana: User, ben: User, dave: User, alice: User, clock: Clock, client_of: ClientOf
) -> None:
    version = read_twice(project, (ana, ben), (MIXED * 2)[:19], clock)
    assert agreed(pairs_of(version).found, version).people == ()
    read_twice(project, (ana, ben), MIXED[:1], clock)
    [pair] = agreed(pairs_of(version).found, version).people
    assert pair.n == 20
    assert "Ana and Yusuf" in client_of(dave).get(reverse("agreement:page")).content.decode()
    assert "Ana and Yusuf" not in client_of(alice).get(reverse("agreement:page")).content.decode()


def test_adjudicators_and_unsettled_verdicts_do_not_count(
    disputed: ReviewItem, project: Project, ana: User, ben: User, alice: User, clock: Clock
) -> None:
    desk.adjudicate(disputed, alice)
    item = desk.doubled(project)
    desk.decide(item, ana)
    desk.decide(item, ben)
    [pair] = pairs_of(LabelSetVersion.objects.latest("pk")).found
    assert pair.item == disputed
    assert {person.name for person in pair.people} == {"Ana", "Yusuf"}
    assert isinstance(pair, Pair)


def test_a_party_does_not_find_its_open_dispute_behind_a_figure(
    disputed: ReviewItem, ana: User, alice: User, client_of: ClientOf
) -> None:
    version = LabelSetVersion.objects.latest("pk")
    url = reverse("agreement:items")
    own = client_of(ana).get(url, {"version": version.pk}).content.decode()
    assert "1 more is a dispute that you have read" in own
    assert f"#{disputed.pk}" not in own
    assert f"#{disputed.pk}" in client_of(alice).get(url, {"version": version.pk}).content.decode()


def test_an_empty_project_says_how_agreement_comes_about(project: Project, dave: User, client_of: ClientOf) -> None:
    page = client_of(dave).get(reverse("agreement:page")).content.decode()
    assert "No item was read by two people" in page


def test_figures_are_counted_again_when_somebody_has_decided_and_not_before(
    project: Project, ana: User, ben: User, clock: Clock, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    read_twice(project, (ana, ben), MIXED, clock)
    before = agreement_page(project.pk, "").found
    with django_assert_max_num_queries(2):
        again = agreement_page(project.pk, "").found
    assert before is again
    assert before is not None
    assert before.n_items == 12

    read_twice(project, (ana, ben), [(BAD, BAD)], clock)
    after = agreement_page(project.pk, "").found
    assert after is not None
    assert (after.n_items, after.n_equal) == (13, 11)

    verdict = Verdict.objects.standing().latest("pk")
    verdicts.reopen_verdict(verdict=verdict, why="Once more", actor=desk.WORKER)
    taken_back = agreement_page(project.pk, "").found
    assert taken_back is not None
    assert taken_back.n_items == 12
