"""How much two readers agree, each figure with its interval or with the reason why there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from monitors.stats import agreement as stats
from monitors.stats.estimate import Estimate
from monitors.stats.ratings import Level, Weighting
from monitors.stats.span_agreement import Stretch, matched, span_f1, step_alpha
from oversight.agreement.marks import stretch
from oversight.agreement.pairs import Pair
from oversight.review.models import LabelSetVersion, Span, VerdictLabel
from oversight.transcripts import selectors as transcripts

# An interval needs ten clusters, and a value without one says too little.
LEAST_PAIRS = 10
LEAST_OF_PEOPLE = 20
MOST_TEXTS = 300
BATCH = 25
LABELS = tuple(str(label) for label in VerdictLabel.values)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with what it rests on. `rows` is what a link says to list exactly those."""

    name: str
    estimate: Estimate
    n_items: int
    n_pairs: int
    rows: tuple[str, str] | None = None
    note: str = ""

    @property
    def rows_url(self) -> str:
        """As a query string; labels are strangers' words."""
        return urlencode([self.rows]) if self.rows else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """How often the first reader said one thing and the second another."""

    first: str
    second: str
    n: int

    @property
    def is_same(self) -> bool:
        return self.first == self.second


@dataclass(frozen=True, slots=True)
class People:
    """Two people who read enough of the same items."""

    names: tuple[str, str]
    ids: tuple[int, int]
    n: int
    raw: Estimate
    kappa: Estimate


@dataclass(frozen=True, slots=True)
class Share:
    """How common a category is among all ratings."""

    name: str
    n: int
    of: int

    @property
    def share(self) -> float | None:
        return self.n / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Agreed:
    """Everything the page shows of one version of a label set."""

    n_items: int
    n_equal: int
    verdicts: tuple[Figure, ...]
    severities: tuple[Figure, ...]
    steps: tuple[Figure, ...]
    spans: tuple[tuple[Figure, Figure], ...]
    prevalence: tuple[Share, ...]
    confusion: tuple[tuple[Cell, ...], ...]
    people: tuple[People, ...]
    n_people: int
    n_texts: int


def agreed(pairs: Sequence[Pair], version: LabelSetVersion) -> Agreed:
    """All figures. Reads the steps of at most 300 texts; the bootstrap's seed is fixed, so a page repeats itself."""
    texts = pairs[:MOST_TEXTS]
    said = Counter(label for pair in pairs for label in pair.labels)
    return Agreed(
        n_items=len(pairs),
        n_equal=sum(pair.first.label == pair.second.label for pair in pairs),
        verdicts=tuple(_verdicts(pairs)),
        severities=tuple(_severities(pairs)),
        steps=tuple(_steps(texts, version)),
        spans=tuple(_spans(texts, version)),
        prevalence=tuple(Share(label, said[label], said.total()) for label in LABELS),
        confusion=_confusion(pairs),
        people=tuple(_people(pairs)),
        n_people=len({person.pk for pair in pairs for person in pair.people}),
        n_texts=len(texts),
    )


def _too_few(n: int) -> Estimate | None:
    if n >= LEAST_PAIRS:
        return None
    return Estimate(None, reason=f"{n} pair{'' if n == 1 else 's'}; {LEAST_PAIRS} are needed")


def _verdicts(pairs: Sequence[Pair]) -> Iterator[Figure]:
    found = _coefficients([pair.labels for pair in pairs], categories=LABELS)
    names = ("Same label", "Gwet's AC1", "Cohen's kappa", "Krippendorff's alpha, nominal")
    notes = ("", "", "first reader against second", "")
    for name, one, note in zip(names, found, notes, strict=True):
        yield Figure(name, one, len(pairs), len(pairs), None, note)


def _severities(pairs: Sequence[Pair]) -> Iterator[Figure]:
    rated = [pair for pair in pairs if all(pair.severities)]
    ratings = [pair.severities for pair in rated]
    found = _coefficients(ratings, categories=(1, 2, 3, 4), level="ordinal", weights="quadratic")
    names = ("Same severity", "Gwet's AC2, quadratic", "Weighted kappa, quadratic", "Krippendorff's alpha, ordinal")
    for name, one in zip(names, found, strict=True):
        yield Figure(name, one, len(rated), len(rated), ("severity", "both"))


def _coefficients(
    ratings: Sequence[tuple[object, object]],
    *,
    categories: Sequence[object],
    level: Level = "nominal",
    weights: Weighting = "identity",
) -> tuple[Estimate, ...]:
    """Raw, AC, kappa and alpha of rows of two ratings."""
    if few := _too_few(len(ratings)):
        return (few,) * 4
    found = stats.agreement(ratings, level=level, categories=categories, weights=weights)
    return found.raw, found.ac, found.kappa, found.alpha


def _steps(pairs: Sequence[Pair], version: LabelSetVersion) -> Iterator[Figure]:
    """One unit for each step of each text: did it, by either, carry the label?"""
    names = [str(one["name"]) for one in version.labels]
    counts: dict[str, list[tuple[int, int, int, int]]] = {name: [] for name in names}
    used: Counter[str] = Counter()
    for pair, steps in _with_steps(pairs):
        n_steps = sum(map(len, steps))
        for name in names:
            touched = [_touched([one for one in spans if one.label == name], steps) for spans in pair.spans]
            both = len(touched[0] & touched[1])
            alone = [len(one) - both for one in touched]
            counts[name].append((n_steps - both - sum(alone), alone[1], alone[0], both))
            used[name] += bool(touched[0] or touched[1])
    for name in names:
        few = _too_few(len(counts[name]))
        one = few or step_alpha(counts[name], range(len(counts[name])))
        if not few and not used[name]:
            one = Estimate(None, reason="nobody used this label")
        yield Figure(name, one, used[name], len(counts[name]), ("span", name))


def _with_steps(pairs: Sequence[Pair]) -> Iterator[tuple[Pair, list[Sequence[tuple[int, int]]]]]:
    for start in range(0, len(pairs), BATCH):
        batch = pairs[start : start + BATCH]
        contents = transcripts.load([pair.transcript_id for pair in batch])
        for pair in batch:
            yield pair, [part.steps or () for part in contents[pair.transcript_id].parts]


def _touched(spans: Sequence[Span], steps: Sequence[Sequence[tuple[int, int]]]) -> set[tuple[int, int]]:
    return {
        (span.part, number)
        for span in spans
        if span.part < len(steps)
        for number, (start, end) in enumerate(steps[span.part])
        if start < span.end and end > span.start
    }


def _spans(pairs: Sequence[Pair], version: LabelSetVersion) -> Iterator[tuple[Figure, Figure]]:
    """All labels together, then each: the same borders, and an overlap of half."""
    for name in ("", *(str(one["name"]) for one in version.labels)):
        marked = [
            tuple([stretch(one) for one in spans if not name or one.label == name] for spans in pair.spans)
            for pair in pairs
        ]
        used = [(first, second) for first, second in marked if first or second]
        query = ("span", name or "any")
        exact, half = (_f1(name or "All labels", used, at, query) for at in (1.0, 0.5))
        yield exact, half


def _f1(name: str, used: Sequence[tuple[list[Stretch], ...]], at: float, query: tuple[str, str]) -> Figure:
    n_pairs = [matched(first, second, at=at) for first, second in used]
    if len(used) < LEAST_PAIRS:
        said = f"{len(used)} item{'' if len(used) == 1 else 's'} with a mark; {LEAST_PAIRS} are needed"
        one = Estimate(None, reason=said)
    else:
        one = span_f1(n_pairs, [len(first) + len(second) for first, second in used], range(len(used)))
    return Figure(name, one, len(used), sum(n_pairs), query)


def _confusion(pairs: Sequence[Pair]) -> tuple[tuple[Cell, ...], ...]:
    counts = Counter(pair.labels for pair in pairs)
    return tuple(tuple(Cell(a, b, counts[a, b]) for b in LABELS) for a in LABELS)


def _people(pairs: Sequence[Pair]) -> Iterator[People]:
    """Each two people with enough items in common, by name."""
    shared: dict[tuple[int, int], list[Pair]] = {}
    for pair in pairs:
        one, other = sorted(person.pk for person in pair.people)
        shared.setdefault((one, other), []).append(pair)
    for ids, own in sorted(shared.items()):
        if len(own) < LEAST_OF_PEOPLE:
            continue
        ratings = [pair.labels if pair.people[0].pk == ids[0] else pair.labels[::-1] for pair in own]
        raw, _, kappa, _ = _coefficients(ratings, categories=LABELS)
        names = {person.pk: person.name for person in own[0].people}
        yield People((names[ids[0]], names[ids[1]]), ids, len(own), raw, kappa)
