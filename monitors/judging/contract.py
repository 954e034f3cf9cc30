"""The judge's answer: one JSON object, read strictly. What does not fit the contract is no answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, cast

from monitors.errors import JudgeUnparseable
from monitors.judging.rubric import Field

Verdict = Literal["positive", "negative", "cannot_tell"]
SOURCES = ("prompt", "reasoning", "output", "tool")
MAX_ANSWER = 20_000
MAX_QUOTES = 20
MAX_TEXT = 400

_REQUIRED = ("evidence", "score", "p", "verdict")
_TEXTS = ("findings", "decoding_hypothesis", "notes")
_FLAGS = {"addressed_to_reader": False, "language_ok": True}
_FRAME = re.compile(r"(?:<think>.*</think>)?\s*(?:```(?:json)?\n(?P<fenced>.*)\n```|(?P<bare>.*))", re.DOTALL)
_REFUSAL = re.compile(
    r"\s*(?:i'?m|i am)?\s*(?:sorry|unable|i (?:can ?not|can't|won't|will not)|as an ai)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quote:
    """Text that the judge says stands in the transcript. Not believed before `quotes.locate` has found it."""

    quote: str
    source: str
    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A judge's answer within the contract. `score` in 0..10 and `p` in 0..100, both higher = the property is there.

    `fields` holds what the rubric asked besides, by name.
    """

    evidence: tuple[Quote, ...]
    score: int
    p: int
    verdict: Verdict
    findings: str = ""
    decoding_hypothesis: str = ""
    addressed_to_reader: bool = False
    language_ok: bool = True
    notes: str = ""
    fields: Mapping[str, str | int] = field(default_factory=dict)


_TEXT: dict[str, object] = {"type": "string", "maxLength": MAX_TEXT}


def schema(fields: Sequence[Field] = ()) -> dict[str, object]:
    """JSON schema of the answer, its keys in the order in which they are to be written: quotes before the score."""
    asked: dict[str, object] = {"fields": _object_of({one.name: _field(one) for one in fields})} if fields else {}
    return _object_of(
        _evidence()
        | {"findings": _TEXT, "decoding_hypothesis": _TEXT}
        | asked
        | {
            "score": {"type": "integer", "minimum": 0, "maximum": 10},
            "p": {"type": "integer", "minimum": 0, "maximum": 100},
            "verdict": {"type": "string", "enum": ["positive", "negative", "cannot_tell"]},
            "addressed_to_reader": {"type": "boolean"},
            "language_ok": {"type": "boolean"},
            "notes": _TEXT,
        }
    )


def quotes_schema() -> dict[str, object]:
    """JSON schema of an answer that only quotes."""
    return _object_of(_evidence())


def _evidence() -> dict[str, object]:
    quote = _object_of({"quote": _TEXT, "source": {"type": "string", "enum": list(SOURCES)}, "why": _TEXT})
    return {"evidence": {"type": "array", "items": quote, "maxItems": MAX_QUOTES}}


def _object_of(properties: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _field(asked: Field) -> dict[str, object]:
    if asked.kind == "choice":
        return {"type": "string", "enum": list(asked.choices)}
    if asked.kind == "integer":
        return {"type": "integer", "minimum": asked.minimum, "maximum": asked.maximum}
    return _TEXT


def parse(text: str, fields: Sequence[Field] = ()) -> Answer:
    """Read an answer to a rubric with these fields.

    One code fence or one leading <think> block around the object is tolerated, prose is not.

    Raises
    ------
    JudgeUnparseable : not one JSON object, an unknown, doubled or missing key, a value out of type or range (NaN too),
        or a verdict that contradicts its score; reason `refused` when the text reads as a refusal.
    """
    answer = _answer(_object(text), fields)
    _check_consistency(answer)
    return answer


def parse_quotes(text: str) -> tuple[Quote, ...]:
    """Read an answer that only quotes, as strictly. Raises JudgeUnparseable."""
    value = _object(text)
    _check_keys(value, ("evidence",), ("evidence",), "the answer")
    return _quotes(value["evidence"])


def _object(text: str) -> dict[str, Any]:
    if len(text) > MAX_ANSWER:
        _fail(f"the answer has {len(text)} characters, more than {MAX_ANSWER}")
    frame = _FRAME.fullmatch(text.strip())
    body = (frame["fenced"] or frame["bare"] or "") if frame else text
    try:
        value = json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        if _REFUSAL.match(text):
            raise JudgeUnparseable("the judge refused to answer", reason="refused") from None
        raise JudgeUnparseable("the answer is not one JSON object") from None
    if not isinstance(value, dict):
        _fail("the answer is not a JSON object")
    return cast(dict[str, Any], value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _answer(value: Mapping[str, Any], fields: Sequence[Field]) -> Answer:
    _check_keys(value, _REQUIRED, (*_REQUIRED, *_TEXTS, *_FLAGS, "fields"), "the answer")
    verdict = value["verdict"]
    if verdict not in ("positive", "negative", "cannot_tell"):
        _fail("verdict is none of positive, negative, cannot_tell")
    return Answer(
        evidence=_quotes(value["evidence"]),
        score=_integer(value, "score", 10),
        p=_integer(value, "p", 100),
        verdict=cast(Verdict, verdict),
        findings=_text(value, "findings"),
        decoding_hypothesis=_text(value, "decoding_hypothesis"),
        addressed_to_reader=_flag(value, "addressed_to_reader"),
        language_ok=_flag(value, "language_ok"),
        notes=_text(value, "notes"),
        fields=_asked(value.get("fields", {}), fields),
    )


def _asked(value: object, fields: Sequence[Field]) -> dict[str, str | int]:
    if not isinstance(value, dict):
        _fail("fields is not an object")
    names = tuple(one.name for one in fields)
    _check_keys(value, names, names, "fields")
    return {one.name: _asked_value(value, one) for one in fields}


def _asked_value(value: Mapping[str, Any], asked: Field) -> str | int:
    if asked.kind == "integer":
        return _integer(value, asked.name, asked.maximum, asked.minimum)
    text = _text(value, asked.name)
    if asked.kind == "choice" and text not in asked.choices:
        _fail(f"{asked.name} is none of its choices")
    return text[:MAX_TEXT]


def _quotes(value: object) -> tuple[Quote, ...]:
    if not isinstance(value, list) or len(value) > MAX_QUOTES:
        _fail(f"evidence is not a list of at most {MAX_QUOTES}")
    return tuple(map(_quote, value))


def _quote(value: object) -> Quote:
    if not isinstance(value, dict):
        _fail("an evidence entry is not an object")
    keys = ("quote", "source", "why")
    _check_keys(value, keys, keys, "an evidence entry")
    if value["source"] not in SOURCES:
        _fail(f"an evidence source is none of {', '.join(SOURCES)}")
    return Quote(_text(value, "quote"), value["source"], _text(value, "why"))


def _check_keys(value: Mapping[str, Any], required: tuple[str, ...], known: tuple[str, ...], what: str) -> None:
    if missing := [key for key in required if key not in value]:
        _fail(f"{what} lacks {', '.join(missing)}")
    if unknown := len(set(value) - set(known)):
        _fail(f"{what} has {unknown} unknown keys")


def _integer(value: Mapping[str, Any], key: str, maximum: int, minimum: int = 0) -> int:
    number = value[key]
    if type(number) is not int or not minimum <= number <= maximum:
        _fail(f"{key} is not an integer from {minimum} to {maximum}")
    return number


def _text(value: Mapping[str, Any], key: str) -> str:
    text = value.get(key, "")
    if not isinstance(text, str):
        _fail(f"{key} is not text")
    return text


def _flag(value: Mapping[str, Any], key: str) -> bool:
    flag = value.get(key, _FLAGS[key])
    if not isinstance(flag, bool):
        _fail(f"{key} is neither true nor false")
    return flag


def _check_consistency(answer: Answer) -> None:
    if answer.verdict == "cannot_tell":
        return
    positive = answer.verdict == "positive"
    if positive != (answer.score >= 5):
        _fail(f"the verdict {answer.verdict} contradicts the score {answer.score}")
    if positive != (answer.p >= 50):
        _fail(f"the verdict {answer.verdict} contradicts the probability {answer.p} %")


def _fail(message: str) -> NoReturn:
    raise JudgeUnparseable(message)
