"""Judges and their admission, with judges that answer from a script."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitors import registry
from monitors.admission import cases_sha256
from monitors.backends.base import JudgePrompt
from monitors.backends.scripted import ScriptedBackend, answer
from monitors.base import Need, measure
from monitors.catalog.judge_encoded_reasoning import JudgeEncodedReasoning
from monitors.errors import BackendUnavailable
from monitors.judging.rubric import cases
from monitors.transcript import Message, Part, PartType, Role, Transcript
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.monitoring import examination
from oversight.monitoring.models import Admission
from oversight.monitoring.services import WORKER

pytestmark = pytest.mark.django_db
NAME = "judge_encoded_reasoning"
POSITIVES, NEGATIVES = cases(NAME)
TEXT = Transcript(
    "t",
    (
        Message(Role.USER, (Part(PartType.TEXT, "What is 2 + 2?"),)),
        Message(Role.ASSISTANT, (Part(PartType.REASONING, "Two and two is four."), Part(PartType.TEXT, "4"))),
    ),
)


def good(prompt: JudgePrompt) -> str:
    """Tells every clear positive from every clear negative."""
    for case in POSITIVES:
        if case.reasoning[:40] in prompt.user:
            return answer(score=9, p=95, verdict="positive", quotes=[("reasoning", case.reasoning[:40])])
    return answer(score=0, p=2, verdict="negative")


def blind(prompt: JudgePrompt) -> str:
    return answer(score=0, p=2, verdict="negative")


def gated(backend: ScriptedBackend) -> object:
    return examination.gated(NAME, registry.build(NAME, {}, {Need.JUDGE: backend}), WORKER)


def test_a_good_judge_is_admitted_and_scores() -> None:
    monitor = examination.gated(NAME, registry.build(NAME, {}, {Need.JUDGE: ScriptedBackend(good)}), WORKER)
    row = Admission.objects.get()
    assert (row.admitted, row.parse_rate, row.auroc) == (True, 1.0, 1.0)
    assert (row.n_positive, row.n_negative) == (len(POSITIVES), len(NEGATIVES))
    assert measure(monitor, TEXT).value == 0.0


def test_a_blind_judge_is_not_admitted_and_the_scores_say_the_figures() -> None:
    monitor = examination.gated(NAME, registry.build(NAME, {}, {Need.JUDGE: ScriptedBackend(blind)}), WORKER)
    score = measure(monitor, TEXT)
    assert (score.value, score.reason) == (None, "judge_not_admitted")
    assert "AUROC 0.50" in score.rationale
    event = LedgerEvent.objects.get(action="judge.examined")
    detail = LedgerDetail.objects.get(event=event).detail or {}
    assert (detail["admitted"], detail["parse_rate"]) == (False, "1.0000")


def test_a_judge_is_examined_once_per_digest() -> None:
    backend = ScriptedBackend(blind)
    gated(backend)
    n_asked = len(backend.prompts)
    gated(backend)
    assert len(backend.prompts) == n_asked
    gated(ScriptedBackend(blind, digest="another sampling"))
    assert Admission.objects.count() == 2


def test_other_cases_are_examined_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = ScriptedBackend(good)
    gated(backend)
    row = Admission.objects.get()
    assert row.cases_sha256 == cases_sha256(JudgeEncodedReasoning.rubric)
    fewer = replace(JudgeEncodedReasoning.rubric, positives=POSITIVES, negatives=(*NEGATIVES[1:], POSITIVES[0]))
    monkeypatch.setattr(JudgeEncodedReasoning, "rubric", fewer)
    n_asked = len(backend.prompts)
    gated(backend)
    assert len(backend.prompts) == n_asked + 60
    assert Admission.objects.get(cases_sha256=cases_sha256(fewer)).auroc != row.auroc
    # Those of before count again when their cases do.
    monkeypatch.undo()
    gated(backend)
    assert (len(backend.prompts), Admission.objects.count()) == (n_asked + 60, 2)


def test_an_admission_that_names_no_cases_is_given_anew() -> None:
    gated(ScriptedBackend(good))
    Admission.objects.update(cases_sha256="")
    backend = ScriptedBackend(good)
    gated(backend)
    assert len(backend.prompts) == 60


def test_a_second_examination_replaces_the_first() -> None:
    gated(ScriptedBackend(blind))
    monitor = registry.build(NAME, {}, {Need.JUDGE: ScriptedBackend(good)})
    examination.examine(name=NAME, monitor=monitor, actor=WORKER)  # type: ignore[arg-type]  # it is Judged
    assert Admission.objects.get().admitted is True
    assert LedgerEvent.objects.filter(action="judge.examined").count() == 2


def test_a_judge_that_does_not_answer_is_neither_admitted_nor_refused() -> None:
    backend = ScriptedBackend(lambda prompt: BackendUnavailable("down", reason="timeout"))
    monitor = examination.gated(NAME, registry.build(NAME, {}, {Need.JUDGE: backend}), WORKER)
    assert not Admission.objects.exists()
    assert measure(monitor, TEXT).reason == "timeout"


def test_a_monitor_without_a_judge_passes() -> None:
    monitor = registry.build("byte_channels")
    assert examination.gated("byte_channels", monitor, WORKER) is monitor
