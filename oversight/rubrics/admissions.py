"""The admission set of a rubric, and what a judge came to on it: without one, nothing that it says counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from monitors.admission import MIN_AUROC_LOW, MIN_PARSE_RATE, auroc_interval
from monitors.stats.roc import auroc
from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Invalid
from oversight.rubrics.events import CasesDropped, CasesLabelled, RubricExamined
from oversight.rubrics.models import CaseLabel, Result, Rubric, RubricAdmission, RubricRun, RunItem
from oversight.rubrics.runs import LEAST_CASES, set_sha256

MOST_CASES = 1_000
MOST_AT_ONCE = 200


@transaction.atomic
def label(*, rubric: Rubric, transcript_ids: Sequence[UUID], is_positive: bool, source: str, by: User) -> int:
    """Put transcripts into the set, or change their label there; returns how many. They are of the rubric's project."""
    if not 1 <= len(transcript_ids) <= MOST_AT_ONCE:
        raise Invalid(f"Label from 1 to {MOST_AT_ONCE} transcripts at once.")
    Rubric.objects.select_for_update().get(pk=rubric.pk)
    cases = CaseLabel.objects.filter(rubric=rubric)
    known = set(cases.filter(transcript_id__in=transcript_ids).values_list("transcript_id", flat=True))
    if cases.count() + len(set(transcript_ids) - known) > MOST_CASES:
        raise Invalid(f"An admission set holds at most {MOST_CASES} transcripts.")
    values = {"label": is_positive, "source": source, "labelled_by": by, "at": clock.now()}
    cases.filter(transcript_id__in=known).update(**values)
    new = [pk for pk in dict.fromkeys(transcript_ids) if pk not in known]
    CaseLabel.objects.bulk_create(CaseLabel(rubric=rubric, transcript_id=pk, **values) for pk in new)
    audit.record(
        CasesLabelled(
            object_id=str(rubric.pk),
            project_id=rubric.project_id,
            label=is_positive,
            source=source,
            transcript_ids=[str(pk) for pk in transcript_ids],
        ),
        Actor.of(by),
    )
    return len(set(transcript_ids))


@transaction.atomic
def drop(*, rubric: Rubric, transcript_ids: Iterable[UUID], by: User) -> int:
    """Take transcripts out of the set; returns how many were in it."""
    cases = CaseLabel.objects.select_for_update().filter(rubric=rubric, transcript_id__in=list(transcript_ids))
    gone = [str(pk) for pk in cases.values_list("transcript_id", flat=True)]
    if gone:
        cases.delete()
        audit.record(
            CasesDropped(object_id=str(rubric.pk), project_id=rubric.project_id, transcript_ids=gone), Actor.of(by)
        )
    return len(gone)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the answers to a set say about a judge. `auroc` and its 95 % interval are None where nothing compares."""

    n_positive: int
    n_negative: int
    parse_rate: float
    auroc: float | None
    auroc_low: float | None
    auroc_high: float | None

    @property
    def admitted(self) -> bool:
        """By the rule of `monitors.admission`, on a set that is large enough."""
        is_large = min(self.n_positive, self.n_negative) >= LEAST_CASES
        passed = self.parse_rate >= MIN_PARSE_RATE and self.auroc_low is not None and self.auroc_low > MIN_AUROC_LOW
        return is_large and passed


def figures(labelled: Sequence[tuple[bool, float | None]]) -> Figures:
    """Of (label, suspicion) pairs; None is a case that could not be scored in full."""
    scored = [(label, value) for label, value in labelled if value is not None]
    n_positive = sum(label for label, _ in labelled)
    area = low = high = None
    m = sum(label for label, _ in scored)
    if 0 < m < len(scored):
        area = float(auroc([label for label, _ in scored], [value for _, value in scored]))
        low, high = auroc_interval(area, m, len(scored) - m)
    rate = len(scored) / len(labelled) if labelled else 0.0
    return Figures(n_positive, len(labelled) - n_positive, rate, area, low, high)


def keep(run: RubricRun, actor: Actor) -> RubricAdmission | None:
    """What an admission run that has ended came to, in the caller's transaction; None when no judge answered at all."""
    labels = dict(RunItem.objects.filter(run=run).values_list("pk", "label"))
    results = list(Result.objects.filter(run=run))
    answered = [one for one in results if one.judge_digest]
    if not answered:
        return None
    values = {one.item_id: one.value if one.state == "scored" else None for one in results}
    # Answers of two models, or of one that changed meanwhile, admit neither.
    is_one = len({(one.judge_digest, one.prompt_sha256) for one in answered}) == 1
    found = figures([(bool(label), values.get(pk)) for pk, label in labels.items()])
    row = RubricAdmission.objects.create(
        run=run,
        version=run.version,
        judge=next((one.judge for one in answered if one.judge), ""),
        judge_digest=answered[-1].judge_digest,
        prompt_sha256=answered[-1].prompt_sha256,
        set_sha256=run.set_sha256,
        n_positive=found.n_positive,
        n_negative=found.n_negative,
        parse_rate=found.parse_rate,
        auroc=found.auroc,
        auroc_low=found.auroc_low,
        auroc_high=found.auroc_high,
        admitted=found.admitted and is_one,
        at=clock.now(),
    )
    audit.record(
        RubricExamined(
            object_id=str(run.pk),
            project_id=run.project_id,
            rubric_id=run.version.rubric_id,
            judge=row.judge,
            admitted=row.admitted,
            figures={
                "parse_rate": f"{row.parse_rate:.4f}",
                "auroc": None if row.auroc is None else f"{row.auroc:.4f}",
                "auroc_low": None if row.auroc_low is None else f"{row.auroc_low:.4f}",
                "n_positive": row.n_positive,
                "n_negative": row.n_negative,
            },
        ),
        actor,
    )
    return row


def set_now(rubric: Rubric) -> str:
    """Names the set as it is now. One query."""
    return set_sha256(list(CaseLabel.objects.filter(rubric=rubric)))


def standing(rubric: Rubric) -> tuple[RubricAdmission, ...]:
    """The newest admission of each judge and prompt on the set as it is now. Two queries."""
    rows = RubricAdmission.objects.filter(version__rubric=rubric, set_sha256=set_now(rubric)).order_by("pk")
    newest = {(row.judge_digest, row.prompt_sha256): row for row in rows}
    return tuple(newest.values())


def admitted(rubric: Rubric) -> frozenset[tuple[str, str]]:
    """The (judge digest, prompt) pairs whose verdicts count."""
    return frozenset((row.judge_digest, row.prompt_sha256) for row in standing(rubric) if row.admitted)
