"""Results on a page and in a file: verdicts in words, quotes, the rubric's own fields, and what each took."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from oversight.accounts.models import User
from oversight.dashboard import words
from oversight.dashboard.text_view import PartText, Piece
from oversight.dashboard.trace import Beside
from oversight.lib.errors import NotFound
from oversight.lib.paging import keyset_page
from oversight.monitoring.selectors import EvidenceRow, ScoreRow
from oversight.review.selectors.blindness import read_blind
from oversight.rubrics import admissions
from oversight.rubrics.models import Result, Rubric, RubricRun
from oversight.transcripts.models import Transcript

PAGE_SIZE = 50
QUOTE_CHARS = 240
POSITIVE = 0.5
ORDER = ("-rank", "-pk")
SHOWN = {
    "": "All",
    "positive": "Positive",
    "negative": "Negative",
    "partial": "Partly judged",
    "unscored": "Without a verdict",
}
Admitted = Collection[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A result in one word, with the tone of its badge. `counts`: its judge is admitted to this prompt."""

    word: str
    tone: str
    counts: bool


def verdict_of(result: Result, admitted: Admitted) -> Verdict:
    """What is not admitted says so, whatever it found."""
    counts = (result.judge_digest, result.prompt_sha256) in admitted
    if result.value is None:
        return Verdict("No verdict" if result.state == "unscored" else "Not applicable", "violet", counts)
    tone = "warn" if result.state == "partial" else ("danger" if counts and result.value >= POSITIVE else "muted")
    word = "Positive" if result.value >= POSITIVE else "Negative"
    return Verdict(f"{word} so far" if result.state == "partial" else word, tone, counts)


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One line of a table. `quote` is what of the first piece of evidence fits, with hidden characters spelt out."""

    result: Result
    external_id: str
    model: str
    verdict: Verdict
    why: str
    quote: tuple[Piece, ...]
    is_cut: bool
    n_more: int

    @property
    def place(self) -> str:
        """The address within the transcript's page: its first mark, if it has one."""
        return f"?rubric={self.result.pk}" + ("#e1" if self.quote else "")

    @property
    def rationale(self) -> str:
        """An error's message begins with the transcript's id, which the page shows already."""
        return self.result.rationale.removeprefix(f"{self.result.transcript_id}: ")

    @property
    def outputs(self) -> list[tuple[str, object]]:
        return list(self.result.outputs.items())


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """A page of results, the most suspicious first and those without a value last."""

    rows: tuple[ResultRow, ...]
    older: str
    newer: str
    shown: str
    is_admitted: bool
    n_hidden: int

    @property
    def title(self) -> str:
        return "All results" if not self.shown else SHOWN[self.shown]


def seen(run: RubricRun, user: User) -> QuerySet[Result]:
    """The results of a run that this person may see: not those of transcripts which they are to read without scores."""
    return Result.objects.filter(run=run).exclude(transcript__in=read_blind(user).values("transcript"))


def filtered(run: RubricRun, user: User, shown: str) -> QuerySet[Result]:
    results = seen(run, user)
    if shown == "positive":
        return results.filter(value__gte=POSITIVE)
    if shown == "negative":
        return results.filter(value__lt=POSITIVE)
    if shown == "partial":
        return results.filter(state="partial")
    return results.filter(value=None) if shown == "unscored" else results


def results_page(run: RubricRun, user: User, shown: str = "", older: str = "", newer: str = "") -> ResultsPage:
    """Raises Malformed for a page that is none of ours. Six queries."""
    shown = shown if shown in SHOWN else ""
    page = keyset_page(filtered(run, user, shown), by=ORDER, older=older, newer=newer, size=PAGE_SIZE)
    rubric = run.version.rubric
    return ResultsPage(
        rows=rows_of(page.rows, rubric),
        older=page.older,
        newer=page.newer,
        shown=shown,
        is_admitted=_is_admitted(run, rubric),
        n_hidden=n_hidden(run, user),
    )


def n_hidden(run: RubricRun, user: User) -> int:
    """How many results are shown to this person after their verdict only. One query."""
    return Result.objects.filter(run=run, transcript__in=read_blind(user).values("transcript")).count()


def _is_admitted(run: RubricRun, rubric: Rubric) -> bool:
    """Whether any answer of this run came from a judge that is admitted to its prompt."""
    found = Result.objects.filter(run=run).exclude(judge_digest="").values_list("judge_digest", "prompt_sha256")
    return bool(admissions.admitted(rubric) & set(found.order_by().distinct()))


def rows_of(results: Sequence[Result], rubric: Rubric) -> tuple[ResultRow, ...]:
    """Three queries."""
    admitted = admissions.admitted(rubric)
    heads = Transcript.objects.filter(pk__in=[one.transcript_id for one in results])
    named = {pk: (name, model) for pk, name, model in heads.values_list("pk", "external_id", "model_run__model")}
    return tuple(_row(one, *named[one.transcript_id], admitted) for one in results if one.transcript_id in named)


def _row(result: Result, external_id: str, model: str, admitted: Admitted) -> ResultRow:
    said = str(result.evidence[0]["quote"]) if result.evidence else ""
    shown = PartText.of(said[:QUOTE_CHARS], (), ())
    return ResultRow(
        result=result,
        external_id=external_id,
        model=model,
        verdict=verdict_of(result, admitted),
        why=words.reason_in_words(result.reason) if result.reason else "",
        quote=tuple(shown.pieces(0, len(shown.text))),
        is_cut=len(said) > QUOTE_CHARS,
        n_more=max(0, len(result.evidence) - 1),
    )


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """A verified quote, whole, with hidden characters spelt out."""

    pieces: tuple[Piece, ...]
    place: str
    note: str


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that a judge said of one transcript."""

    row: ResultRow
    quotes: tuple[ShownQuote, ...]
    replies: tuple[tuple[Piece, ...], ...]


def cards_of(results: Sequence[Result], rubric: Rubric) -> tuple[Card, ...]:
    """With quotes and raw replies: content, so that their reading is recorded first."""
    return tuple(
        Card(
            row=row,
            quotes=tuple(
                ShownQuote(
                    _pieces(str(one["quote"])), f"part {one['part']}, from character {one['start']:,}", str(one["note"])
                )
                for one in row.result.evidence
            ),
            replies=tuple(_pieces(str(reply)) for reply in row.result.replies),
        )
        for row in rows_of(results, rubric)
    )


def _pieces(text: str) -> tuple[Piece, ...]:
    shown = PartText.of(text, (), ())
    return tuple(shown.pieces(0, len(shown.text)))


def beside(pk: int, transcript_id: UUID, projects: Collection[int]) -> Beside:
    """A result as the trace page shows it, beside the monitors'. Raises NotFound for one of another transcript."""
    results = Result.objects.select_related("run__version__rubric")
    result = results.filter(pk=pk, transcript_id=transcript_id, run__project_id__in=projects).first()
    if result is None:
        raise NotFound("There is no such result of this transcript.")
    run = result.run
    verdict = verdict_of(result, admissions.admitted(run.version.rubric))
    return Beside(
        row=_score_row(result),
        key=f"rubric={result.pk}",
        title=f"Rubric: {run.version.rubric.name}, version {run.version.number}",
        word=verdict.word if verdict.counts else f"{verdict.word}, not admitted",
        tone=verdict.tone,
    )


def _score_row(result: Result) -> ScoreRow:
    return ScoreRow(
        deployment_id=0,
        monitor=f"rubric_{result.run.version.rubric_id}",
        version=result.run.version.number,
        axis="",
        backend=result.run.backend,
        state=result.state,
        reason=result.reason,
        value=result.value,
        raw=result.raw,
        unit="judge score 0-10",
        coverage=result.coverage,
        threshold=POSITIVE,
        flagged=False,
        evidence=tuple(EvidenceRow(**one) for one in result.evidence),
        channels={},
        measures={name: float(said) for name, said in result.outputs.items() if isinstance(said, int)},
        rationale=" ".join(
            [result.rationale, *(f"{name}: {said}." for name, said in result.outputs.items() if isinstance(said, str))]
        ).strip(),
        judge=result.judge,
        prompt_sha256=result.prompt_sha256,
        cost=result.cost,
        at=result.at,
    )


COLUMNS = (
    *("transcript_id", "external_id", "model", "state", "reason", "value", "verdict", "admitted", "coverage"),
    *("judge", "judge_digest", "prompt_sha256", "tokens", "usd", "seconds", "at"),
)


def csv_rows(run: RubricRun, user: User) -> Iterator[list[object]]:
    """The header, then a line a result: the rubric's own fields, then the first quote and the judge's words."""
    fields = [str(one["name"]) for one in run.version.outputs]
    yield [*COLUMNS, *(f"field_{name}" for name in fields), "n_quotes", "first_quote", "rationale"]
    for record in records(run, user):
        quotes = record["evidence"]
        yield [
            *(record[name] for name in COLUMNS),
            *(record["fields"].get(name) for name in fields),
            *(len(quotes), quotes[0]["quote"] if quotes else "", record["rationale"]),
        ]


def json_lines(run: RubricRun, user: User) -> Iterator[bytes]:
    """A JSON object a line, with all quotes and the replies word for word; ASCII, so that nothing in it hides."""
    for record in records(run, user, with_replies=True):
        yield json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def records(run: RubricRun, user: User, *, with_replies: bool = False) -> Iterator[dict[str, Any]]:
    """In pages by key, so that a long run is never held whole."""
    admitted, last = admissions.admitted(run.version.rubric), 0
    results = seen(run, user).select_related("transcript__model_run").order_by("pk")
    while page := list(results.filter(pk__gt=last)[:500]):
        last = page[-1].pk
        for result in page:
            record = _record(result, admitted)
            yield {**record, "replies": result.replies} if with_replies else record


def _record(result: Result, admitted: Admitted) -> dict[str, Any]:
    verdict = verdict_of(result, admitted)
    return {
        "transcript_id": str(result.transcript_id),
        "external_id": result.transcript.external_id,
        "model": result.transcript.model_run.model,
        "state": result.state,
        "reason": result.reason,
        "value": result.value,
        "verdict": verdict.word,
        "admitted": verdict.counts,
        "coverage": result.coverage,
        "judge": result.judge,
        "judge_digest": result.judge_digest,
        "prompt_sha256": result.prompt_sha256,
        "tokens": result.tokens,
        "usd": result.money,
        "seconds": result.cost.get("seconds"),
        "at": result.at.isoformat(timespec="seconds"),
        "fields": result.outputs,
        "rationale": result.rationale,
        "evidence": result.evidence,
    }
