"""What a reviewer enters for an item: the verdict, and the stretches of text that it points to."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from oversight.lib.errors import Invalid
from oversight.transcripts.exact_text import to_stored

NOTE_CHARS, LABEL_CHARS, QUOTE_CHARS = 4000, 40, 200_000
MOST_SPANS, MOST_STEPS_BACK, MOST_CHARS = 500, 100, 1_000_000
FIELDS = ("label", "severity", "category", "confidence", "note", "spans")


@dataclass(frozen=True, slots=True)
class SpanContent:
    """A stretch of one part, in code points of its stored text; `quote` is what the reviewer saw there."""

    label: str
    part: int
    start: int
    end: int
    quote: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A verdict before it is committed. `guidelines` is the number of the label set's version that was on screen."""

    label: str
    severity: int | None = None
    category: str = ""
    confidence: str = ""
    note: str = ""
    spans: tuple[SpanContent, ...] = ()
    guidelines: int | None = None


def content_of(draft: Mapping[str, Any], guidelines: int | None = None) -> Content:
    """What a draft would commit."""
    given = cleaned(draft)
    spans = tuple(SpanContent(**span) for span in given["spans"])
    return Content(**{name: given[name] for name in FIELDS if name != "spans"}, spans=spans, guidelines=guidelines)


def draft_of(content: Content) -> dict[str, Any]:
    """The draft that a verdict was, or could have been, committed from."""
    return cleaned({name: value for name, value in asdict(content).items() if name in FIELDS})


def cleaned(given: Mapping[str, Any]) -> dict[str, Any]:
    """A draft in its one form, as the database can hold it; what is too long for any verdict is refused."""
    draft = {
        "label": _text(given.get("label"), LABEL_CHARS, "verdict"),
        "severity": _number(given["severity"]) if given.get("severity") not in (None, "") else None,
        "category": _text(given.get("category"), LABEL_CHARS, "category"),
        "confidence": _text(given.get("confidence"), LABEL_CHARS, "confidence"),
        "note": _text(given.get("note"), NOTE_CHARS, "note"),
        "spans": _spans(given.get("spans") or []),
    }
    return {**draft, **_steps(given)}


def _steps(given: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What can be undone is a convenience: it goes first when it is too large, too deep or no list."""
    none: dict[str, list[Any]] = {"undo": [], "redo": []}
    if not all(isinstance(given.get(name) or [], list) for name in none):
        return none
    try:
        steps = {name: [_stored(one) for one in (given.get(name) or [])[-MOST_STEPS_BACK:]] for name in none}
        return steps if len(json.dumps(steps)) < MOST_CHARS else none
    except RecursionError:
        return none


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields in which two drafts say different things."""
    return tuple(name for name in FIELDS if one[name] != other[name])


def _spans(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, Sequence) or not all(isinstance(one, Mapping) for one in given):
        raise Invalid("The spans cannot be read.")
    if len(given) > MOST_SPANS:
        raise Invalid(f"A verdict holds {MOST_SPANS} spans at most.")
    return [
        {
            "label": _text(one.get("label"), LABEL_CHARS, "label of a span"),
            **{name: _number(one.get(name)) for name in ("part", "start", "end")},
            "quote": _text(one.get("quote"), QUOTE_CHARS, "quote of a span"),
            "note": _text(one.get("note"), NOTE_CHARS, "note of a span"),
        }
        for one in given
    ]


def _text(given: object, most: int, name: str) -> str:
    text = to_stored(given if isinstance(given, str) else "")[0]
    if len(text) > most:
        raise Invalid(f"The {name} is longer than {most:,} characters.")
    return text


def _number(given: object) -> int:
    text = str(given)
    if not text.isdecimal() or len(text) > 9:
        raise Invalid("The severity or the place of a span is not a number.")
    return int(text)


def _stored(value: Any) -> Any:
    """JSON whose strings and numbers PostgreSQL can hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return to_stored(value)[0]
    if isinstance(value, Mapping):
        return {to_stored(str(name))[0]: _stored(one) for name, one in value.items()}
    return [_stored(one) for one in value] if isinstance(value, list) else value
