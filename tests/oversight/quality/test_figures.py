"""A report's figures are those of `monitors.stats` on the same numbers, and "not estimable" where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from monitors.stats.bands import roc_band
from monitors.stats.binomial import clopper_pearson
from monitors.stats.calibration import calibrated
from monitors.stats.estimate import estimate
from monitors.stats.paired import compare
from monitors.stats.reliability import brier, expected_calibration_error
from monitors.stats.roc import metrics
from oversight.accounts.models import Project, User
from oversight.monitoring.models import Deployment
from oversight.quality import labels, operating, reports, rivals, rows
from oversight.quality.models import Report
from oversight.quality.reports import Selection
from tests import factories
from tests.oversight.quality.arrange import judged, labelled, separated

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployment(project: Project) -> Deployment:
    made: Deployment = factories.make_deployment(project)
    return made


def computed(deployment: Deployment, name: str, *, positive: bool = True, against: str = "") -> Report:
    """The report of the label of this name, as a worker leaves it."""
    source = next(one for one in labels.sources(deployment.project_id) if one.name == name)
    report = reports.report_for(deployment, Selection(source, positive, against))
    reports.compute(report.pk)
    report.refresh_from_db()
    return report


def test_figures_are_those_of_the_library(project: Project, deployment: Deployment) -> None:
    truth, scores = separated(project, deployment)
    figures = computed(deployment, "bad").figures
    n = len(truth)
    assert (figures["n"], figures["n_positive"], figures["n_groups"]) == (n, sum(truth), n)
    expected = estimate(lambda weights: metrics(truth, scores, weights).auroc, range(n))
    found = figures["metrics"]["auroc"]
    assert (found["value"], found["low"], found["high"]) == (expected.value, expected.low, expected.high)
    assert figures["metrics"]["tpr_at_fpr_1"] == {
        **dict.fromkeys(("value", "low", "high")),
        "reason": f"{n - sum(truth)} negatives; 300 are the fewest",
    }
    band = roc_band(truth, scores, range(n))
    assert figures["curves"]["roc"]["low"] == band.low.tolist()
    groups = [f"transcript:{one}" for one in rows.labelled(*_bad(deployment), positive=True).ids]
    raw, fitted = figures["calibration"]["raw"], figures["calibration"]["fitted"]
    assert (raw["ece"], raw["by_chance"]) == tuple(expected_calibration_error(truth, scores))
    assert fitted["brier"]["value"] == brier(truth, calibrated(truth, scores, groups)).score
    assert sum(figures["histogram"]["positive"]) == sum(truth)


def _bad(deployment: Deployment) -> tuple[int, str, labels.Source]:
    source = next(one for one in labels.sources(deployment.project_id) if one.name == "bad")
    return deployment.pk, deployment.params_digest, source


def test_the_length_stands_beside_in_its_better_direction(project: Project, deployment: Deployment) -> None:
    truth, scores = separated(project, deployment)
    figures = computed(deployment, "bad").figures
    [length] = figures["baselines"]
    n_chars = rows.labelled(*_bad(deployment), positive=True).n_chars
    expected = compare(truth, scores, n_chars, range(len(truth)))["auroc"]
    assert length["difference"]["auroc"]["value"] == pytest.approx(expected.value)
    assert length["difference"]["auroc"]["low"] == pytest.approx(expected.low)
    other_way = computed(deployment, "bad", positive=False).figures["baselines"][0]
    assert other_way["metrics"]["auroc"]["value"] == pytest.approx(length["metrics"]["auroc"]["value"])
    assert other_way["note"].startswith("shorter")


def test_one_class_and_few_of_a_class_are_not_estimable(project: Project, deployment: Deployment) -> None:
    for _ in range(12):
        labelled(project, deployment, 0.4, bad=False)
    for _ in range(4):
        labelled(project, deployment, 0.9, bad=True)
    figures = computed(deployment, "bad").figures
    assert figures["why_not"] == "4 positive, 12 negative; 5 of each are the fewest"
    assert {one["value"] for one in figures["metrics"].values()} == {None}
    assert figures["curves"] == {}
    assert figures["calibration"] == {"reason": "4 labels of the rarer kind; 5 are the fewest"}
    [false_alarms, missed] = figures["claims"]
    assert false_alarms["claim"].startswith("0 of 12: the rate is at most 22.1 %")
    assert (missed["k"], missed["n"]) == (0, 4)


def test_what_is_not_scored_is_no_negative(project: Project, deployment: Deployment) -> None:
    from monitors.base import Reason, Score

    separated(project, deployment, 15)
    for score in (Score.unscored(Reason.TOO_SHORT), Score.skipped(Reason.NO_REASONING)):
        transcript = factories.make_transcript(
            project, labels={"bad": False}, meta={"label_provenance": {"bad": "human"}}
        )
        factories.make_score(transcript, deployment=deployment, score=score)
    figures = computed(deployment, "bad").figures
    assert figures["n"] == 15
    assert figures["excluded"] == {"unscored": 1, "skipped": 1}


def test_groups_stay_together(project: Project, deployment: Deployment) -> None:
    for index in range(24):
        meta = {"label_provenance": {"bad": "human"}, "group": f"q{index // 3}", "source": "a/b x"}
        labelled(project, deployment, index / 24, meta=meta, bad=index % 2 == 0)
    figures = computed(deployment, "bad").figures
    assert figures["n_groups"] == 8
    assert figures["metrics"]["auroc"]["value"] is not None
    assert "8 clusters" in figures["metrics"]["auroc"]["reason"]
    [by_source] = figures["slices"]["source"]["rows"]
    assert (by_source["name"], by_source["n"], by_source["n_positive"]) == ("a/b", 24, 12)
    assert figures["claims"][0]["n"] == 8


def test_versions_are_compared_on_the_same_transcripts(project: Project, deployment: Deployment) -> None:
    from monitors.base import Score
    from oversight.monitoring import backfills, services

    truth, old = separated(project, deployment)
    services.change_deployment(deployment=deployment, params={"max_evidence": 3}, why="x", actor=factories.SYSTEM)
    deployment.refresh_from_db()
    backfill = backfills.ask_backfill(deployment=deployment, scope="older", why="x", actor=factories.SYSTEM)
    backfills.work(backfill.pk)
    random, new = np.random.default_rng(1), {}
    for run in deployment.runs.filter(run_no=2):
        [claimed] = services.claim_runs(run_ids=[run.pk], worker="tests")
        new[run.transcript_id] = float(random.random())
        services.finish(run=claimed, score=Score(new[run.transcript_id]))
    figures = computed(deployment, "bad", against="v1").figures
    found = rows.labelled(*_bad(deployment), positive=True)
    now = [new[one] for one in found.ids]
    assert found.score.tolist() == now
    versus = figures["versus"]
    expected = compare(truth, now, old, range(len(truth)))
    for name in ("auroc", "auprc"):
        [difference] = [versus["difference"][name]]
        assert (difference["value"], difference["low"]) == (expected[name].value, expected[name].low)
    assert versus["n"] == 30
    assert versus["flags"]["ours"] == sum(value >= 0.5 for value in now)
    assert versus["flags"]["theirs"] == sum(value >= 0.5 for value in old)


def test_a_budget_is_a_threshold_with_exact_intervals(project: Project, deployment: Deployment) -> None:
    truth, scores = separated(project, deployment)
    report = computed(deployment, "bad")
    numbers = operating.unpacked(bytes(report.packed), report.figures["stream"])
    row = operating.asked(numbers, 7)
    level = sorted(scores)[-7]
    assert (row.threshold, row.a_day) == (level, 7.0)
    flagged = [score >= level for score in scores]
    hits = sum(one and is_bad for one, is_bad in zip(flagged, truth, strict=True))
    expected = clopper_pearson(hits, 7)
    assert (row.precision.value, row.precision.low, row.precision.high) == pytest.approx(tuple(expected))
    assert (row.recall.k, row.recall.n) == (hits, sum(truth))
    assert row.n_missed == sum(truth) - hits
    assert row.missed_a_day.reason == "the labelled are no random sample of the stream"
    live = operating.live(numbers, 0.5, {"m": 2.0})
    assert live.a_day == 0.0
    assert live.precision.reason == "no labelled transcript is flagged"


def test_more_equal_scores_than_can_be_read_have_no_threshold(project: Project, deployment: Deployment) -> None:
    for index in range(12):
        labelled(project, deployment, 0.9 if index < 6 else 0.1, bad=index % 2 == 0)
    report = computed(deployment, "bad")
    numbers = operating.unpacked(bytes(report.packed), report.figures["stream"])
    row = operating.asked(numbers, 3)
    assert row.threshold is None
    assert row.reason == "6.0 a day share the highest score, 0.9: no threshold flags fewer"
    assert operating.asked(numbers, 6).threshold == 0.9


def test_verdicts_count_when_settled_and_say_nothing_of_what_was_never_flagged(
    project: Project, deployment: Deployment, alice: User
) -> None:
    for index in range(16):
        transcript = labelled(project, deployment, 0.5 + index / 40)
        judged(transcript, "confirmed" if index % 2 else "benign", alice, blinded=index < 3)
    judged(labelled(project, deployment, 0.7), "suspicious", alice, state="pending")
    judged(labelled(project, deployment, 0.7), "suspicious", alice, state="undone")
    judged(labelled(project, deployment, 0.7), "unreviewable", alice)
    [source] = labels.sources(project.pk)
    assert (source.kind, source.n_true, source.n_false, source.n_blind) == ("review", 8, 8, 3)
    report = computed(deployment, "verdict")
    assert (report.figures["n"], report.figures["n_blind"], report.figures["n_audit"]) == (16, 3, 0)
    numbers = operating.unpacked(bytes(report.packed), report.figures["stream"])
    assert numbers.is_of_flagged
    assert operating.asked(numbers, 5).missed_a_day.value is None


def test_an_audit_sample_weighs_by_its_inclusion_probability(
    project: Project, deployment: Deployment, alice: User
) -> None:
    # Ten flagged, all read; of the rest one in ten is drawn, and one of the ten drawn is bad.
    for index in range(10):
        judged(labelled(project, deployment, 0.8), "confirmed" if index < 6 else "benign", alice)
    for index in range(10):
        low = labelled(project, deployment, 0.1)
        judged(low, "confirmed" if index == 0 else "benign", alice, stream="audit", inclusion_prob=0.1)
    report = computed(deployment, "verdict")
    numbers = operating.unpacked(bytes(report.packed), report.figures["stream"])
    assert not numbers.is_of_flagged
    live = operating.live(numbers, 0.5, {})
    assert live.recall.value == pytest.approx(6 / 16)
    assert live.precision.value == pytest.approx(0.6)
    assert live.missed_a_day.value == pytest.approx(20 * 10 / 110)
    weights = np.array([1.0] * 10 + [10.0] * 10)[::-1][None, :]
    expected = metrics([*[False] * 9, True, *[False] * 4, *[True] * 6], [0.1] * 10 + [0.8] * 10, weights).auroc[0]
    assert report.figures["metrics"]["auroc"]["value"] == pytest.approx(expected)


def test_a_report_is_asked_for_once_and_again_when_the_data_moved_on(project: Project, deployment: Deployment) -> None:
    separated(project, deployment, 15)
    report = computed(deployment, "bad")
    Report.objects.update(took_s=0.0)
    source = next(one for one in labels.sources(project.pk) if one.name == "bad")
    assert reports.report_for(deployment, Selection(source, positive=True)).asked_at is None
    labelled(project, deployment, 0.2, bad=True)
    assert reports.report_for(deployment, Selection(source, positive=True)).asked_at is not None
    assert Report.objects.get().pk == report.pk


def test_flags_use_the_threshold_of_each_model(project: Project, deployment: Deployment) -> None:
    labelled(project, deployment, 0.6, bad=True, fields={"model": "a"})
    labelled(project, deployment, 0.6, bad=True, fields={"model": "b"})
    found = rows.labelled(*_bad(deployment), positive=True)
    flags = rivals.flags_of(found, found.score, 0.5, {"a": 0.7})
    assert dict(zip(found.models, flags.tolist(), strict=True)) == {"a": False, "b": True}
