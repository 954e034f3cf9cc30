"""Runs: estimated, confirmed, capped, paused, cancelled, and gone on with; nothing lost and nothing doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from monitors.backends.prices import Price
from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.lib.errors import Conflict, Invalid
from oversight.rubrics import estimating, execution, items, planning, runs
from oversight.rubrics.estimating import Asked, Earlier
from oversight.rubrics.models import ItemState, Result, RubricRun, RubricVersion, RunItem, RunState
from oversight.transcripts.models import Transcript
from tests import factories
from tests.oversight.rubrics.judge_server import JudgeServer

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
Make = Callable[..., list[Transcript]]
PLENTY = 10_000_000


def asked(version: RubricVersion, by: User, most: int | None = None, **filters: Any) -> RubricRun:
    run = runs.ask_run(version=version, backend="server", filters=filters, most=most, by=by)
    assert estimating.work(run.pk)
    return RubricRun.objects.get(pk=run.pk)


def started(run: RubricRun, by: User, cap_tokens: int | None = PLENTY, cap_money: float | None = None) -> RubricRun:
    runs.start(run=run, cap_tokens=cap_tokens, cap_money=cap_money, by=by)
    while planning.work(run.pk):
        pass
    return RubricRun.objects.get(pk=run.pk)


def judged(run: RubricRun) -> RubricRun:
    while execution.work(run.pk):
        pass
    return RubricRun.objects.get(pk=run.pk)


def actions(run: RubricRun) -> list[str]:
    events = LedgerEvent.objects.filter(object_type="rubric_run", object_id=str(run.pk)).order_by("pk")
    return [action.removeprefix("rubric.run_") for action in events.values_list("action", flat=True)]


def test_a_bench_run_gives_score_quotes_fields_reply_and_cost(
    version: RubricVersion, alice: User, judge: JudgeServer, make: Make, client_of: ClientOf
) -> None:
    bad, good = make(1, 1)
    client = client_of(alice)
    said = f"{bad.pk}\nhttp://127.0.0.1:8000/traces/{good.pk}/"
    data = {"version": 1, "backend": "server", "transcripts": said}
    answer = client.post(f"/rubrics/{version.rubric_id}/bench", data)
    run = RubricRun.objects.get()
    assert answer.headers["Location"] == f"/rubrics/runs/{run.pk}/"
    run = judged(run)
    assert (run.state, run.n_ended, run.spent_tokens) == (RunState.DONE, 2, 1200)
    first, second = (Result.objects.get(transcript=one) for one in (bad, good))
    assert (first.value, first.state, first.outputs) == (0.9, "scored", {"severity": 3, "kept_from": "user"})
    assert first.evidence[0]["quote"] == "Case 0: I will secretly skip the check."
    assert (second.value, second.evidence) == (0.1, [])
    assert first.prompt_sha256 == version.prompt_sha256
    page = client.get(f"/rubrics/runs/{run.pk}/").content.decode()
    for text in ("I will secretly skip the check.", "found word for word", "kept_from", "600 tokens", "Not admitted"):
        assert text in page
    assert "&quot;verdict&quot;: &quot;positive&quot;" in page
    read = LedgerEvent.objects.get(action="rubric.results_read")
    assert (read.actor_id, read.object_id) == (str(alice.pk), str(run.pk))


def test_a_poll_that_has_nothing_new_reads_nothing(
    version: RubricVersion, alice: User, judge: JudgeServer, make: Make, client_of: ClientOf
) -> None:
    run = runs.try_out(version=version, backend="server", transcript_ids=[make(1)[0].pk], by=alice)
    judged(run)
    client = client_of(alice)
    headers = {"HX-Request": "true"}
    from oversight.rubrics import selectors

    have = selectors.digest(RubricRun.objects.get())
    assert client.get(f"/rubrics/runs/{run.pk}/?have={have}", headers=headers).status_code == 204
    assert not LedgerEvent.objects.filter(action="rubric.results_read").exists()
    assert client.get(f"/rubrics/runs/{run.pk}/?have=old", headers=headers).status_code == 200


def test_the_newest_of_a_filter_are_tried(
    version: RubricVersion, dave: User, judge: JudgeServer, project: Project, client_of: ClientOf
) -> None:
    factories.make_transcript(project, model="other")
    wanted = [factories.make_transcript(project, model="wanted") for _ in range(3)]
    data = {"version": 1, "backend": "server", "newest": 2, "model": "wanted"}
    client_of(dave).post(f"/rubrics/{version.rubric_id}/bench", data)
    assert set(RunItem.objects.values_list("transcript_id", flat=True)) == {one.pk for one in wanted[1:]}


def test_nothing_is_judged_before_it_is_confirmed(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make, client_of: ClientOf
) -> None:
    make(2, 3)
    client = client_of(dave)
    data = {"version": 1, "backend": "server", "newest": "", "model": "test-model"}
    answer = client.post(f"/rubrics/{version.rubric_id}/ask", data)
    run = RubricRun.objects.get()
    assert answer.headers["Location"] == f"/rubrics/runs/{run.pk}/"
    assert (run.state, execution.work(run.pk), judge.judged) == (RunState.ESTIMATING, False, [])
    assert estimating.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.n_total, run.estimate["basis"]) == (RunState.READY, 5, "assumed")  # type: ignore[index]
    assert judge.judged == []
    page = client.get(f"/rubrics/runs/{run.pk}/").content.decode()
    assert "Confirm and run" in page
    assert "the interval is wide" in page
    client.post(f"/rubrics/runs/{run.pk}/start", {"cap_tokens": "1000000"})
    planning.work(run.pk)
    run = judged(run)
    assert (run.state, run.n_ended, len(judge.judged)) == (RunState.DONE, 5, 5)
    assert actions(run) == ["asked", "started", "finished"]
    assert LedgerEvent.objects.filter(action="transcript.judged").count() == 5


def test_an_estimate_learns_from_earlier_answers_and_holds_what_was_spent(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make
) -> None:
    transcripts = make(5, 20)
    judged(runs.try_out(version=version, backend="server", transcript_ids=[t.pk for t in transcripts[:6]], by=dave))
    run = asked(version, dave)
    assert run.estimate is not None
    assert (run.estimate["basis"], run.estimate["n_earlier"]) == ("earlier", 6)
    _, low, high = run.estimate["tokens"]
    run = judged(started(run, dave))
    assert low * 0.98 <= run.spent_tokens <= high * 1.02
    assert run.estimate["seconds"][2] > 0  # type: ignore[index]
    assert run.estimate["money"] is None  # type: ignore[index]


def test_a_run_that_hits_its_cap_says_so_loses_nothing_and_goes_on(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make, client_of: ClientOf
) -> None:
    make(4, 6)
    run = asked(version, dave)
    one = judges_bound(run)
    run = judged(started(run, dave, cap_tokens=2 * one + 700))
    assert run.state == RunState.CAPPED
    assert 0 < run.n_ended < 10
    assert run.spent_tokens <= run.cap_tokens  # type: ignore[operator]
    before = run.n_ended
    client = client_of(dave)
    assert "The run has stopped at its cap." in client.get(f"/rubrics/runs/{run.pk}/").content.decode()
    with pytest.raises(Invalid, match="higher cap"):
        runs.start(run=run, cap_tokens=run.spent_tokens, cap_money=None, by=dave)
    assert client.post(f"/rubrics/runs/{run.pk}/start", {"cap_tokens": ""}).status_code == 422
    run = judged(started(run, dave))
    assert (run.state, run.n_ended, Result.objects.count()) == (RunState.DONE, 10, 10)
    assert len(judge.judged) == 10 > before
    assert actions(run) == ["asked", "started", "capped", "started", "finished"]


def test_a_cap_in_money_holds_where_a_price_is_set_and_is_refused_where_none_is(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make, settings: Any
) -> None:
    from oversight.monitoring import bench

    make(0, 8)
    unpriced = asked(version, dave)
    with pytest.raises(Invalid, match="No price is set"):
        runs.start(run=unpriced, cap_tokens=None, cap_money=5.0, by=dave)
    settings.MODEL_PRICE = (2.0, 10.0)
    bench.open_model.cache_clear()
    run = asked(version, dave)
    assert run.estimate is not None
    assert run.estimate["money"][1] < run.estimate["money"][2]
    usd = 500 * 2e-6 + 100 * 10e-6
    run = judged(started(run, dave, cap_tokens=None, cap_money=judges_bound(run) * 10e-6 + 2.5 * usd))
    assert run.state == RunState.CAPPED
    assert run.n_ended == 3
    assert run.spent_money == pytest.approx(3 * usd)


def judges_bound(run: RubricRun) -> int:
    """What one prompt of the run reserves."""
    from oversight.rubrics import judges, wording
    from oversight.transcripts import selectors as transcripts

    pk = Transcript.objects.values_list("pk", flat=True)[0]
    return judges.tokens_at_most(judges.prompts_of(wording.rubric_of(run.version), transcripts.load([pk])[pk]))


def test_what_other_workers_have_under_way_counts_against_the_cap(
    version: RubricVersion, dave: User, make: Make
) -> None:
    make(3)
    run = started(asked(version, dave), dave, cap_tokens=1000)
    first, second = (items.claim(run=run, worker=name) for name in "ab")
    assert first is not None
    assert second is not None
    assert items.reserve(item=first, tokens=600)
    assert not items.reserve(item=second, tokens=600)
    run.refresh_from_db()
    assert run.state == RunState.CAPPED
    second.refresh_from_db()
    assert (second.state, second.attempt) == (ItemState.QUEUED, 0)


def test_a_lost_worker_costs_at_most_what_it_reserved_and_its_transcript_is_judged_once(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make
) -> None:
    make(2)
    run = started(asked(version, dave), dave)
    lost = items.claim(run=run, worker="gone")
    assert lost is not None
    assert items.reserve(item=lost, tokens=700)
    RunItem.objects.filter(pk=lost.pk).update(lease_until="2020-01-01T00:00:00Z")
    assert items.expire_leases() == 1
    run = judged(run)
    assert (run.state, run.lost_tokens, run.spent_tokens) == (RunState.DONE, 700, 700 + 1200)
    from monitors.base import Score

    assert items.finish(items.Judged(lost, Score(1.0))) is None
    assert Counter(Result.objects.values_list("transcript_id", flat=True)).most_common(1)[0][1] == 1


def test_a_run_keeps_only_so_many_workers_busy(version: RubricVersion, dave: User, make: Make) -> None:
    make(0, 10)
    run = started(asked(version, dave), dave)
    claimed = [items.claim(run=run, worker=f"w{n}") for n in range(9)]
    assert [item is None for item in claimed] == [False] * 8 + [True]
    assert items.n_free(run) == 0
    RunItem.objects.filter(pk=claimed[0].pk).update(lease_until="2020-01-01T00:00:00Z")  # type: ignore[union-attr]
    assert items.claim(run=run, worker="another") is not None


def test_pause_and_go_on(version: RubricVersion, dave: User, judge: JudgeServer, make: Make) -> None:
    make(3)
    run = started(asked(version, dave), dave)
    under_way = items.claim(run=run, worker="w")
    runs.pause(run=run, actor=Actor.of(dave))
    assert not execution.work(run.pk)
    assert judge.judged == []
    assert under_way is not None
    items.postpone(item=under_way, error="timeout")
    run = judged(started(run, dave))
    assert (run.state, run.n_ended) == (RunState.DONE, 3)
    with pytest.raises(Conflict):
        runs.pause(run=run, actor=Actor.of(dave))


def test_a_cancelled_run_keeps_its_results_and_begins_nothing(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make, client_of: ClientOf
) -> None:
    make(3)
    run = started(asked(version, dave), dave)
    under_way = items.claim(run=run, worker="w")
    client_of(dave).post(f"/rubrics/runs/{run.pk}/cancel")
    assert Counter(RunItem.objects.values_list("state", flat=True)) == {"cancelled": 2, "leased": 1}
    assert under_way is not None
    under_way.run = RubricRun.objects.select_related("version").get()
    from oversight.rubrics import wording

    execution._judge(under_way, wording.rubric_of(version))
    assert not execution.work(run.pk)
    run.refresh_from_db()
    assert (run.state, Result.objects.count()) == (RunState.CANCELLED, 1)
    with pytest.raises(Conflict):
        runs.start(run=run, cap_tokens=PLENTY, cap_money=None, by=dave)


def test_without_a_judge_a_run_stands_still_and_loses_nothing(
    version: RubricVersion, dave: User, make: Make, settings: Any
) -> None:
    from oversight.monitoring import bench

    make(2)
    settings.MODEL_BACKEND = "none"
    bench.open_model.cache_clear()
    run = judged(started(asked(version, dave), dave))
    bench.open_model.cache_clear()
    assert run.state == RunState.PAUSED
    assert "MODEL_BACKEND names no model server" in run.note
    assert set(RunItem.objects.values_list("state", "attempt")) == {("queued", 0)}
    assert not Result.objects.exists()


def test_an_answer_outside_the_contract_is_a_state_and_can_be_asked_again(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make, client_of: ClientOf
) -> None:
    make(2)
    honest = judge.answer
    judge.answer = lambda said: "I would rather not."  # type: ignore[method-assign]  # a fault
    run = judged(started(asked(version, dave), dave))
    assert (run.state, run.n_ended) == (RunState.DONE, 2)
    assert set(Result.objects.values_list("state", "value", "rank")) == {("unscored", None, 0.0)}
    assert Result.objects.filter(replies__0="I would rather not.").count() == 2
    judge.answer = honest  # type: ignore[method-assign]
    client = client_of(dave)
    assert "without a verdict again" in client.get(f"/rubrics/runs/{run.pk}/").content.decode()
    client.post(f"/rubrics/runs/{run.pk}/again")
    run = judged(started(run, dave))
    assert (run.state, run.n_ended) == (RunState.DONE, 2)
    assert set(Result.objects.values_list("state", flat=True)) == {"scored"}


def test_a_run_goes_through_its_filter_in_steps_and_only_through_its_filter(
    version: RubricVersion, dave: User, project: Project, other_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "STEP", 2)
    wanted = [factories.make_transcript(project, model="wanted") for _ in range(5)]
    factories.make_transcript(project, model="other")
    factories.make_transcript(other_project, model="wanted")
    Transcript.objects.filter(pk__in=[t.pk for t in wanted]).update(received_at=wanted[0].received_at)
    run = started(asked(version, dave, model="wanted"), dave)
    assert set(RunItem.objects.values_list("transcript_id", flat=True)) == {t.pk for t in wanted}
    assert (run.n_planned, run.is_planned, run.n_total) == (5, True, 5)


def test_only_so_many_of_the_newest(version: RubricVersion, dave: User, make: Make) -> None:
    transcripts = make(0, 5)
    run = asked(version, dave, most=2)
    assert run.n_total == 2
    started(run, dave)
    assert set(RunItem.objects.values_list("transcript_id", flat=True)) == {t.pk for t in transcripts[3:]}


def test_a_range_of_time_leaves_out_the_rest(version: RubricVersion, dave: User, make: Make) -> None:
    old, new = make(0, 2)
    Transcript.objects.filter(pk=old.pk).update(received_at="2026-01-05T00:00:00Z")
    run = asked(version, dave, since="2026-01-01T00:00:00+00:00", until="2026-01-06T00:00:00+00:00")
    started(run, dave)
    assert list(RunItem.objects.values_list("transcript_id", flat=True)) == [old.pk]
    assert new.pk != old.pk


def test_a_reviewer_may_not_run_and_another_project_sees_nothing(
    version: RubricVersion, dave: User, alice: User, bob: User, make: Make, client_of: ClientOf
) -> None:
    make(1)
    run = asked(version, dave)
    assert client_of(alice).post(f"/rubrics/runs/{run.pk}/start", {"cap_tokens": 5}).status_code == 403
    for path in ("", "results"):
        assert client_of(bob).get(f"/rubrics/runs/{run.pk}/{path}").status_code == 404


SIZES = st.lists(st.builds(Asked, chars=st.integers(0, 50_000), calls=st.integers(0, 4)), min_size=1, max_size=30)
EARLIER = Earlier(chars=4000, calls=1, prompt_tokens=1000, answer_tokens=100, seconds=2.0)


@examples(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(SIZES, st.integers(0, 10_000))
def test_an_estimate_is_an_interval_around_its_middle(sizes: Sequence[Asked], more: int) -> None:
    for earlier in ([], [EARLIER] * 5):
        found = estimating.estimated(len(sizes) + more, sizes, earlier, price=Price(1.0, 5.0), parallel=1)
        for name in ("tokens", "calls", "money", "seconds"):
            if found[name] is not None or name == "money":
                middle, low, high = found[name]
                assert 0 <= low <= middle <= high


def test_a_sample_of_everything_with_steady_answers_has_no_spread() -> None:
    sizes = [Asked(4000, 1), Asked(8000, 2)]
    found = estimating.estimated(2, sizes, [EARLIER] * 5, price=Price(2.0, 10.0), parallel=4)
    assert found["tokens"] == [3300, 3300, 3300]
    assert found["money"] == pytest.approx([0.006 + 0.003] * 3, abs=1e-6)
    assert found["seconds"] == pytest.approx([1.5] * 3, abs=0.05)
