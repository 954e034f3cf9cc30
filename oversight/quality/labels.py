"""Which labels there are: verdicts of the review desk, and what came with the data, apart by who made them."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from monitors.base import Axis
from oversight.lib.kept import kept
from oversight.monitoring.models import Deployment, Score
from oversight.review.models import Verdict, VerdictLabel, VerdictState
from oversight.transcripts.models import Label, RecordedVerdict, Transcript

HUMAN, PROGRAM, JUDGE, UNKNOWN = (one.value for one in Label.Provenance)
TRUTHS = (HUMAN, PROGRAM)
POSITIVE_VERDICTS = (VerdictLabel.SUSPICIOUS.value, VerdictLabel.CONFIRMED.value)
# Fewer of a class carry no figure: one more label would turn it round.
LEAST_OF_CLASS = 5
MOST_SOURCES = 60
MOST_TRIED = 8
# Labels that are about what a monitor of the axis looks for; others can be chosen, and say something else.
ABOUT: dict[str, tuple[str, ...]] = {
    Axis.STEGANOGRAPHY: ("planted", "stego", "payload_recovered_by_rule", "judge_encoded_reasoning"),
    Axis.FAITHFULNESS: (
        *("unfaithful", "solution_correct", "lucky_answer", "correct", "unfaithful_weak"),
        "judge_unfaithful_explanation",
    ),
    Axis.LEGIBILITY: ("cot_illegible",),
}


@dataclass(frozen=True, slots=True)
class Source:
    """One label, by one kind of maker. `kind`: review, planted, label or recorded. `key` is what URLs call it."""

    key: str
    kind: str
    name: str
    provenance: str
    judge: str = ""
    prompt_sha256: str = ""
    n_true: int = 0
    n_false: int = 0
    n_blind: int = 0

    @property
    def n(self) -> int:
        return self.n_true + self.n_false

    @property
    def is_truth(self) -> bool:
        """People and programs can be right about the text; a judge can only be agreed with."""
        return self.provenance in TRUTHS

    @property
    def has_both(self) -> bool:
        return min(self.n_true, self.n_false) >= LEAST_OF_CLASS

    @property
    def true_is_positive(self) -> bool:
        """Of "correct" it is the transcripts that are not which a monitor is to find."""
        return "correct" not in self.name.lower().replace("incorrect", "").split("_")

    @property
    def made_by(self) -> str:
        made = {HUMAN: "people", PROGRAM: "a program", UNKNOWN: "somebody who is not stated"}
        prompt = f"prompt {self.prompt_sha256[:12]}" if self.prompt_sha256 else "prompt not stated"
        return made.get(self.provenance) or f"the judge {self.judge or 'not named'}, {prompt}"

    @property
    def title(self) -> str:
        special = {"review": "Verdicts of the review desk", "planted": "Planted by us"}
        return special.get(self.kind) or (f"{self.name} (recorded verdict)" if self.kind == "recorded" else self.name)


def sources(project_id: int) -> tuple[Source, ...]:
    """Every label of the project with two values, most useful first; in a large house counted a while ago."""
    found = kept(("quality.sources", project_id), lambda: tuple(_sources(project_id)), of=Label).value
    # The desk's own are few, and somebody who has just decided looks for them.
    review = _review(project_id)
    return tuple(sorted((review, *found) if review.n else found, key=_rank)[:MOST_SOURCES])


def _rank(source: Source) -> tuple[Any, ...]:
    makers = (HUMAN, PROGRAM, JUDGE, UNKNOWN)
    return makers.index(source.provenance), not source.has_both, -source.n, source.name


def default(found: Sequence[Source], deployment: Deployment, axis: str) -> Source | None:
    """The one with the most human labels of which something can be estimated; else of a program, else of a judge.

    Among labels by programs and judges, those about what the monitor looks for go first. What can be estimated is
    asked of the deployment's own scores, of the first few; where nothing can, the first of all is shown.
    """
    about = ABOUT.get(axis, ())

    def rank(source: Source) -> tuple[Any, ...]:
        place = about.index(source.name) if source.name in about else len(about)
        order = (0, -source.n) if source.provenance == HUMAN else (place, -min(source.n_true, source.n_false))
        return not source.has_both, *_rank(source)[:1], *order, source.name

    ranked = sorted(found, key=rank)[:MOST_TRIED]
    key = ("quality.default", deployment.pk, deployment.params_digest, tuple(one.key for one in ranked))
    chosen = kept(key, lambda: next((one.key for one in ranked if _is_scored(one, deployment)), ""), of=Score).value
    return next((one for one in ranked if one.key == chosen), next(iter(ranked), None))


def _is_scored(source: Source, deployment: Deployment) -> bool:
    """Whether enough of both kinds have a complete score by the parameters of now."""
    scores = Score.objects.filter(deployment=deployment, params_digest=deployment.params_digest, state="scored")
    column = value_of(source)
    rows = scores.filter(**where(source)).values(column).annotate(n=Count("pk")).order_by()
    counts = Counter[bool]()
    for row in rows:
        counts[is_true(source, row[column])] += row["n"]
    return min(counts[True], counts[False]) >= LEAST_OF_CLASS


def _sources(project_id: int) -> Iterator[Source]:
    n_planted = Transcript.objects.filter(project_id=project_id, planted=True).count()
    if n_planted:
        n = Transcript.objects.filter(project_id=project_id).count()
        yield Source("planted", "planted", "planted", PROGRAM, n_true=n_planted, n_false=n - n_planted)
    yield from _imported(project_id)
    recorded = (
        RecordedVerdict.objects.filter(transcript__project_id=project_id)
        .values("rubric", "judge")
        .annotate(n=Count("pk"), n_true=Count("pk", Q(p_positive__gte=0.5)))
    )
    for row in recorded.order_by():
        name, judge = row["rubric"], row["judge"]
        counts = {"n_true": row["n_true"], "n_false": row["n"] - row["n_true"]}
        yield Source(_key("recorded", name, judge), "recorded", name, JUDGE, judge, **counts)


def _imported(project_id: int) -> Iterator[Source]:
    who = ("name", "provenance", "judge", "prompt_sha256")
    rows = Label.objects.filter(transcript__project_id=project_id, value__in=(True, False)).values(*who, "value")
    counts: dict[tuple[str, ...], dict[bool, int]] = defaultdict(dict)
    for row in rows.annotate(n=Count("pk")).order_by():
        counts[tuple(row[name] for name in who)][row["value"]] = row["n"]
    for (name, provenance, judge, prompt), by in counts.items():
        key = _key("label", name, provenance, judge, prompt)
        numbers = {"n_true": by.get(True, 0), "n_false": by.get(False, 0)}
        yield Source(key, "label", name, provenance, judge, prompt, **numbers)


def _review(project_id: int) -> Source:
    settled = Verdict.objects.standing().filter(item__project_id=project_id, state=VerdictState.SETTLED)
    counts = settled.exclude(label=VerdictLabel.UNREVIEWABLE).aggregate(
        n=Count("pk"), n_true=Count("pk", Q(label__in=POSITIVE_VERDICTS)), n_blind=Count("pk", Q(blinded=True))
    )
    n_false = counts["n"] - counts["n_true"]
    return Source(
        "review", "review", "verdict", HUMAN, n_true=counts["n_true"], n_false=n_false, n_blind=counts["n_blind"]
    )


def _key(*parts: str) -> str:
    """Names are strangers' texts, and stay out of URLs."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def where(source: Source) -> dict[str, Any]:
    """What of a score's transcript says that it has this label, for one `filter`."""
    if source.kind == "review":
        verdicts = "transcript__review_items__verdicts"
        return {
            f"{verdicts}__state": VerdictState.SETTLED,
            f"{verdicts}__holds": True,
            f"{verdicts}__label__in": (VerdictLabel.BENIGN, *POSITIVE_VERDICTS),
        }
    if source.kind == "recorded":
        return {
            "transcript__recorded_verdicts__rubric": source.name,
            "transcript__recorded_verdicts__judge": source.judge,
        }
    if source.kind == "planted":
        return {}
    return {
        "transcript__labels__name": source.name,
        "transcript__labels__provenance": source.provenance,
        "transcript__labels__judge": source.judge,
        "transcript__labels__prompt_sha256": source.prompt_sha256,
        "transcript__labels__value__in": (True, False),
    }


_VALUE = {
    "review": "transcript__review_items__verdicts__label",
    "recorded": "transcript__recorded_verdicts__p_positive",
    "planted": "transcript__planted",
    "label": "transcript__labels__value",
}


def value_of(source: Source) -> str:
    """The column that holds the label."""
    return _VALUE[source.kind]


def is_true(source: Source, value: Any) -> bool:
    """Whether a value of that column says "yes"."""
    if source.kind == "review":
        return value in POSITIVE_VERDICTS
    return value >= 0.5 if source.kind == "recorded" else bool(value)
