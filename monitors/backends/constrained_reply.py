"""A reply written under a grammar: fixed text, one of several texts, or a score read from the digits' probabilities.

A reply is a generator: it yields the tokens that it needs read, and is sent the logits behind them. So several replies
can be written side by side, and each pass reads what all of them wait for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from monitors.backends.base import JudgePrompt

N_PASSAGES = 3
_NO_REASON = "Chosen by the model among the sentences; it gave no reason."


class Need(NamedTuple):
    """Tokens to be read, and behind how many of the last of them the logits are wanted."""

    tokens: Sequence[int]
    n_logits: int = 1


class Written(NamedTuple):
    """A finished reply. Mean and deviation of its score on 0-10, where it gives one."""

    text: str
    n_tokens: int
    mean: float | None = None
    deviation: float | None = None


Tokenise = Callable[[str], list[int]]


def reply_to(prompt: JudgePrompt, tokens_of: Tokenise, own: Sequence[int]) -> Generator[Need, Any, Written]:
    """Fill the judge's contract behind the tokens of the question that are `own` to it.

    The model chooses one quote among the sentences, answers the rubric's fields, and gives a score, which is the
    expectation over 0..10; p and verdict follow from it, because a small model's separate answers to the same question
    contradict each other. It gives no reasons, so none are written. A question for quotes alone gets three.
    """
    asked = _properties(prompt.schema)
    pen = _Pen(tokens_of, own)
    is_scored = not asked or "score" in asked
    evidence = yield from _evidence(pen, prompt.quotable, 1 if is_scored else N_PASSAGES)
    if not is_scored:
        return Written(json.dumps({"evidence": evidence}), pen.n_written)
    fields = yield from _fields(pen, _properties(asked.get("fields")))
    weights = yield from pen.write(', "score": ').numbers()
    mean = sum(number * weight for number, weight in enumerate(weights))
    spread = sum((number - mean) ** 2 * weight for number, weight in enumerate(weights))
    answer: dict[str, object] = {"evidence": evidence} | ({"fields": fields} if fields else {})
    answer |= {"score": int(mean), "p": int(mean * 10), "verdict": "positive" if mean >= 5 else "negative"}
    return Written(json.dumps(answer), pen.n_written, mean, math.sqrt(max(spread, 0.0)))


def _properties(schema: object) -> Mapping[str, object]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return properties if isinstance(properties, Mapping) else {}


def _evidence(pen: _Pen, quotable: Sequence[tuple[str, str]], most: int) -> Generator[Need, Any, list[dict[str, str]]]:
    pen.write('{"evidence": [')
    found: list[dict[str, str]] = []
    left = list(dict.fromkeys(quotable))
    while left and len(found) < most:
        index = yield from pen.write(', {"quote": "' if found else '{"quote": "').choose(
            [f'{_escaped(text)}"' for _, text in left]
        )
        source, quote = left.pop(index)
        pen.write(f', "source": "{source}"}}')
        found.append({"quote": quote, "source": source, "why": _NO_REASON})
    pen.write("]")
    return found


def _fields(pen: _Pen, asked: Mapping[str, object]) -> Generator[Need, Any, dict[str, object]]:
    found: dict[str, object] = {}
    for name, form in asked.items():
        pen.write(f', "fields": {{"{name}": ' if not found else f', "{name}": ')
        values = list(_values(form))
        # The mark behind a number keeps 1 and 10 apart.
        index = yield from pen.choose([f"{json.dumps(value, ensure_ascii=False)}," for value in values])
        found[name] = values[index]
    if found:
        pen.write("}")
    return found


def _values(form: object) -> Iterator[str | int]:
    """What a field may hold; a text is left empty."""
    form = form if isinstance(form, Mapping) else {}
    if "enum" in form:
        yield from form["enum"]
    elif form.get("type") == "integer":
        yield from range(form["minimum"], form["maximum"] + 1)
    else:
        yield ""


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


class _Pen:
    """Tokens that were written and not read yet."""

    def __init__(self, tokens_of: Tokenise, own: Sequence[int]) -> None:
        self._ids = tokens_of
        self._unread = list(own)
        self.n_written = 0

    def write(self, text: str) -> _Pen:
        """Append text that the grammar fixes."""
        self._append(self._ids(text))
        return self

    def choose(self, options: Sequence[str]) -> Generator[Need, Any, int]:
        """Decode greedily under the grammar 'one of these texts', and append it; returns its index."""
        left = [(index, self._ids(option)) for index, option in enumerate(options)]
        depth = 0
        while len({tuple(ids) for _, ids in left}) > 1:
            nexts = {ids[depth] for _, ids in left if len(ids) > depth}
            best = next(iter(nexts))
            if len(nexts) > 1:
                (logits,) = yield from self._read()
                best = max(nexts, key=lambda token: float(logits[token]))
            left = [(index, ids) for index, ids in left if len(ids) > depth and ids[depth] == best]
            self._append([best])
            depth += 1
        index, ids = left[0]
        self._append(ids[depth:])
        return index

    def numbers(self) -> Generator[Need, Any, list[float]]:
        """Probabilities of the integers 0..10 under the model, each by its tokens; nothing can be written after it."""
        digits = [self._ids(str(number))[0] for number in range(10)]
        ten = self._ids("10")
        if len(ten) == 1:
            (logits,) = yield from self._read()
            return [float(weight) for weight in logits[[*digits, ten[0]]].softmax(0)]
        # Read a 1 along with the rest: whether a 0 follows it tells ten from one.
        self._append([digits[1]])
        logits, after_one = yield from self._read(2)
        weights = [float(weight) for weight in logits[digits].softmax(0)]
        after_one = after_one.softmax(0)
        p_zero = float(after_one[digits[0]])
        end = sum(float(after_one[self._ids(mark)[0]]) for mark in (",", "}"))
        is_ten = p_zero / (p_zero + end) if p_zero + end else 0.0
        return [weights[0], weights[1] * (1 - is_ten), *weights[2:], weights[1] * is_ten]

    def _read(self, n_logits: int = 1) -> Generator[Need, Any, Any]:
        unread, self._unread = self._unread, []
        return (yield Need(unread, n_logits))

    def _append(self, tokens: Sequence[int]) -> None:
        self._unread += tokens
        self.n_written += len(tokens)
