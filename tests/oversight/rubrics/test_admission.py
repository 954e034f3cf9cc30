"""The admission set: who labelled what, what a judge came to on it, and when that no longer holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.lib.errors import Invalid
from oversight.rubrics import admissions, estimating, execution, runs
from oversight.rubrics.models import CaseLabel, Result, RubricAdmission, RubricRun, RubricVersion
from oversight.transcripts.models import Transcript
from tests import factories
from tests.oversight.rubrics.judge_server import MODEL, JudgeServer

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
Make = Callable[..., list[Transcript]]


def label(version: RubricVersion, transcripts: list[Transcript], is_positive: bool, by: User) -> None:
    ids = [one.pk for one in transcripts]
    admissions.label(rubric=version.rubric, transcript_ids=ids, is_positive=is_positive, source="by hand", by=by)


def examined(version: RubricVersion, by: User) -> RubricRun:
    run = runs.ask_admission(version=version, backend="server", by=by)
    estimating.work(run.pk)
    runs.start(run=run, cap_tokens=1_000_000, cap_money=None, by=by)
    while execution.work(run.pk):
        pass
    return RubricRun.objects.get(pk=run.pk)


def test_a_judge_that_tells_them_apart_is_admitted_until_anything_changes(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make, client_of: ClientOf
) -> None:
    transcripts = make(31, 30)
    label(version, transcripts[:30], True, dave)
    label(version, transcripts[31:], False, dave)
    run = examined(version, dave)
    row = RubricAdmission.objects.get()
    assert (run.state, row.admitted, row.parse_rate, row.auroc) == ("done", True, 1.0, 1.0)
    assert (row.judge, row.n_positive, row.n_negative) == (MODEL, 30, 30)
    assert row.auroc_low is not None
    assert 0.6 < row.auroc_low < 1.0
    client, pk = client_of(dave), version.rubric_id
    page = client.get(f"/rubrics/{pk}/admission").content.decode()
    for said in ("Admitted", "AUROC 1.00", "parse rate 1.00", row.judge_digest[:12], f"{row.at:%Y-%m-%d}"):
        assert said in page
    assert "Not admitted." not in client.get(f"/rubrics/runs/{run.pk}/results").content.decode()
    event = LedgerEvent.objects.get(action="rubric.examined")
    assert (LedgerDetail.objects.get(event=event).detail or {})["admitted"] is True
    label(version, transcripts[30:31], True, dave)
    assert admissions.admitted(version.rubric) == frozenset()
    assert "Not admitted." in client.get(f"/rubrics/runs/{run.pk}/results").content.decode()
    admissions.drop(rubric=version.rubric, transcript_ids=[transcripts[30].pk], by=dave)
    assert admissions.admitted(version.rubric) == {(row.judge_digest, version.prompt_sha256)}


def test_a_constant_judge_does_not_pass(version: RubricVersion, dave: User, judge: JudgeServer, make: Make) -> None:
    judge.word = "said by nobody"
    transcripts = make(30, 30)
    label(version, transcripts[:30], True, dave)
    label(version, transcripts[30:], False, dave)
    examined(version, dave)
    row = RubricAdmission.objects.get()
    assert (row.admitted, row.auroc, row.parse_rate) == (False, 0.5, 1.0)
    assert admissions.admitted(version.rubric) == frozenset()


def test_a_judge_that_answers_outside_its_contract_does_not_pass(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make
) -> None:
    transcripts = make(30, 30)
    label(version, transcripts[:30], True, dave)
    label(version, transcripts[30:], False, dave)
    honest = judge.answer
    judge.answer = lambda said: honest(said) if "Case 1" in said else "no"  # type: ignore[method-assign]  # a fault
    examined(version, dave)
    row = RubricAdmission.objects.get()
    assert row.parse_rate < 0.9
    assert not row.admitted
    assert Result.objects.filter(state="unscored").exists()


def test_a_small_set_is_refused(version: RubricVersion, dave: User, make: Make, client_of: ClientOf) -> None:
    label(version, make(29), True, dave)
    with pytest.raises(Invalid, match="at least 30"):
        runs.ask_admission(version=version, backend="server", by=dave)
    answer = client_of(dave).post(f"/rubrics/{version.rubric_id}/admission/examine", {"backend": "server"}, follow=True)
    assert "at least 30 positives" in answer.content.decode()
    assert not RubricRun.objects.exists()


def test_a_reviewer_labels_by_name_and_takes_out_again(
    version: RubricVersion, alice: User, make: Make, client_of: ClientOf
) -> None:
    first, second = make(2)
    client, path = client_of(alice), f"/rubrics/{version.rubric_id}/admission"
    said = f"{first.pk}\n{second.external_id}"
    assert client.post(f"{path}/label", {"transcripts": said, "label": "1"}).status_code == 302
    client.post(f"{path}/label", {"transcripts": str(second.pk), "label": "0"})
    rows = {case.transcript_id: case for case in CaseLabel.objects.all()}
    assert (rows[first.pk].label, rows[second.pk].label, rows[first.pk].labelled_by) == (True, False, alice)
    page = client.get(path).content.decode()
    assert "Alice" in page
    assert "1 positive, 1 negative" in page
    assert client.post(f"{path}/label", {"transcripts": "nothing", "label": "1"}).status_code == 422
    client.post(f"{path}/drop", {"case": [rows[first.pk].pk]})
    assert list(CaseLabel.objects.values_list("transcript_id", flat=True)) == [second.pk]
    told = LedgerEvent.objects.filter(action__startswith="rubric.cases_").order_by("pk")
    assert [event.action for event in told] == ["rubric.cases_labelled"] * 2 + ["rubric.cases_dropped"]


def test_a_set_is_drawn_by_a_label_of_the_data(
    version: RubricVersion, dave: User, project: Project, client_of: ClientOf
) -> None:
    for number in range(6):
        factories.make_transcript(project, labels={"hacks": number < 4, "notes": "text"})
    client, path = client_of(dave), f"/rubrics/{version.rubric_id}/admission"
    assert "hacks" in client.get(path).content.decode()
    client.post(f"{path}/draw", {"name": "hacks", "positives": 3, "negatives": 5})
    rows = list(CaseLabel.objects.values_list("label", "source"))
    assert sorted(rows) == [(False, "label hacks of the data")] * 2 + [(True, "label hacks of the data")] * 3
    assert client.post(f"{path}/draw", {"name": "notes", "positives": 1, "negatives": 1}).status_code == 422


def test_another_projects_transcript_cannot_be_labelled(
    version: RubricVersion, dave: User, other_project: Project, client_of: ClientOf
) -> None:
    foreign = factories.make_transcript(other_project)
    data = {"transcripts": str(foreign.pk), "label": "1"}
    assert client_of(dave).post(f"/rubrics/{version.rubric_id}/admission/label", data).status_code == 422
    assert not CaseLabel.objects.exists()


def test_figures_of_half_a_set_admit_nobody() -> None:
    found = admissions.figures([(True, 0.9)] * 29 + [(False, 0.1)] * 40)
    assert (found.auroc, found.admitted) == (1.0, False)
    assert admissions.figures([(True, 0.9)] * 30 + [(False, 0.1)] * 30).admitted
    assert admissions.figures([(True, None)] * 30 + [(False, 0.1)] * 30).auroc is None
