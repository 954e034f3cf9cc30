"""Each rule of a judge's health: when it alarms, when it does not, and when it says that it cannot know."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.judges.rules import RULES, TITLES, Finding, Standing, findings
from tests.oversight.judges.arrange import figures, rate

ALARM, OK, UNKNOWN = Standing.ALARM, Standing.OK, Standing.UNKNOWN


def found(rule: str, **changed: Any) -> Finding:
    return RULES[rule](figures(**changed))


def test_a_judge_that_is_well_has_no_alarm_and_nothing_made_up() -> None:
    said = {finding.rule: finding.standing for finding in findings(figures())}
    assert set(said) == set(TITLES)
    assert set(said.values()) == {OK}


def test_every_finding_says_its_rule_and_what_to_do() -> None:
    for finding in findings(figures()):
        assert finding.title
        assert finding.evidence.endswith((".", "]"))
        assert finding.threshold
        assert finding.todo


@pytest.mark.parametrize(
    ("n_bad", "n", "standing"), [(4, 10, ALARM), (1, 10, OK), (0, 4, UNKNOWN), (3, 4, UNKNOWN), (5, 5, ALARM)]
)
def test_missed_canaries(n_bad: int, n: int, standing: Standing) -> None:
    finding = found("positives_missed", canaries__positive=rate(n_bad, n))
    assert finding.standing is standing
    if n_bad == 4:
        assert "4 of 10 [12 %, 74 %] planted positives missed." in finding.evidence


def test_flagged_negatives() -> None:
    assert found("false_alarms", canaries__negative=rate(6, 12)).standing is ALARM
    assert found("false_alarms", canaries__negative=rate(0, 12)).standing is OK


@pytest.mark.parametrize(
    ("n_read", "n_flagged", "positive", "standing", "says"),
    [
        (200, 196, rate(0, 20), ALARM, "It flags 98 % the same way: a constant judge."),
        (200, 195, rate(0, 20), OK, "195 of its last 200"),
        # Nearly nothing is flagged: the canaries tell a clean stream from a judge that does not read.
        (200, 1, rate(0, 20), OK, "It does find 20 of 20"),
        (200, 1, rate(20, 20), ALARM, "none of 20 planted positives either"),
        (200, 1, rate(17, 20), UNKNOWN, "too few to tell"),
        (200, 1, rate(0, 3), UNKNOWN, "Too few planted positives"),
        (49, 49, rate(0, 20), UNKNOWN, "50 are the fewest"),
    ],
)
def test_a_constant_judge(n_read: int, n_flagged: int, positive: dict[str, Any], standing: Standing, says: str) -> None:
    finding = found("constant", answers__n_read=n_read, answers__n_flagged=n_flagged, canaries__positive=positive)
    assert (finding.standing, says in finding.evidence) == (standing, True), finding.evidence


@pytest.mark.parametrize(
    ("n_read", "n", "standing"), [(200, 200, OK), (150, 200, ALARM), (178, 200, OK), (10, 40, UNKNOWN)]
)
def test_a_parse_rate_that_fell(n_read: int, n: int, standing: Standing) -> None:
    finding = found("parse_rate", answers__n_asked=n, answers__n_read=n_read)
    assert finding.standing is standing
    if standing is ALARM:
        assert (
            "150 of its last 200 answers could be read [0.68, 0.81]; it was 1.00 in its admission." in finding.evidence
        )


def measured(n_lost: int) -> dict[str, Any]:
    interval = rate(n_lost, 60)
    return {
        **{"n": 60, "n_lost": n_lost, "low": interval["low"], "high": interval["high"], "at": "2026-11-22T10:00:00"},
        "techniques": ["base64"] if n_lost else [],
    }


def test_one_injection_that_reached_nobody_is_too_many() -> None:
    assert found("hijacked").standing is OK
    planted = found("hijacked", canaries__injected=rate(1, 60, techniques=["rot13"]))
    assert planted.standing is ALARM
    assert "By: rot13." in planted.evidence
    lost = found("hijacked", hijack=measured(1))
    assert lost.standing is ALARM
    assert "hijacked 1 of 60 [0 %, 9 %] of the set on 2026-11-22" in lost.evidence
    assert found("hijacked", hijack=measured(0)).standing is OK
    nothing = {**rate(0, 1), "n": 0, "low": None, "high": None}
    assert found("hijacked", canaries__injected=nothing).standing is UNKNOWN


def change(**changed: Any) -> dict[str, Any]:
    return {**figures()["drift"]["within"], **changed}


def test_drift_since_a_version_names_it() -> None:
    segments = [{"number": 3, "why": "the prompt changed", "since": "", "n": 100, "mean": 0.4, "n_flagged": 9}]
    finding = found(
        "drift", drift__segments=segments, drift__between=change(mean_now=0.44, distance=0.4, p=0.0005, psi=1.2)
    )
    assert finding.standing is ALARM
    assert finding.evidence.startswith("Since version 3 (the prompt changed): the mean went from 0.200 to 0.440;")


def test_a_large_psi_counts_only_where_chance_gives_little() -> None:
    assert found("drift", drift__within=change(psi=0.3, psi_by_chance=0.36)).standing is OK
    assert found("drift", drift__within=change(psi=0.3, psi_by_chance=0.03)).standing is ALARM


def test_drift_that_cannot_be_told_is_unknown() -> None:
    few = {"reason": "12 scores against 12; 50 on each side are the fewest"}
    assert found("drift", drift__within=few).standing is UNKNOWN


def test_a_chart_that_came_back_is_no_alarm() -> None:
    chart = {"reason": "", "first": 300, "is_rise": True, "is_out": True, "limit": 5.0}
    assert "began to rise about 300 scores" in found("drift", drift__chart=chart).evidence
    assert found("drift", drift__chart={**chart, "is_out": False}).standing is OK


def test_a_judge_that_did_not_pass_is_an_alarm_and_one_not_examined_is_unknown() -> None:
    admission = {**figures()["admission"], "admitted": False, "auroc": 0.5, "low": 0.36, "high": 0.64}
    finding = found("not_admitted", admission=admission)
    assert finding.standing is ALARM
    assert "AUROC 0.50 [0.36, 0.64]" in finding.evidence
    assert found("not_admitted", admission=None).standing is UNKNOWN
    assert found("not_admitted", admission={**admission, "auroc": None}).evidence.count("could not be computed") == 1


@given(n=st.integers(0, 300), data=st.data())
def test_a_rule_never_calls_too_little_well(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    for rule, changed in (
        ("positives_missed", {"canaries__positive": rate(k, n) if n else {**rate(0, 1), "n": 0}}),
        ("constant", {"answers__n_read": n, "answers__n_flagged": k}),
        ("parse_rate", {"answers__n_asked": n, "answers__n_read": k}),
    ):
        least = 5 if rule == "positives_missed" else 50
        assert (found(rule, **changed).standing is UNKNOWN) or n >= least
