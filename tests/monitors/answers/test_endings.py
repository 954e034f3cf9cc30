"""Two hundred endings of public transcripts, labelled by hand before the extractor was run on them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from monitors.answers.statements import last_statement, whole
from monitors.answers.values import same, value_of

ENDINGS = Path(__file__).parents[2] / "data" / "answers" / "endings.jsonl"

# Final answers that a reader sees and the extractor does not, as they stand at the end of the text.
MISSED = {
    "088d4a7870ab8068": "a list of words and nothing else, longer than a short answer",
    "d4540e8662d53d59": "a list of words and nothing else, longer than a short answer",
    "60f7d8c0ce60a09d": "the answer is a list of more than a hundred characters",
    "10e86eb9c67bc2bb": "there is no solution",
    "caaf116210a10723": "there is no possible way",
    "ab68f355d8a35279": "this is not possible",
    "b09a7c7152495566": "an equation on the last line",
    "8fbef0a7e42d82a2": "a sentence: the 12th grade",
    "2369503a02bcbb49": "total ways = 35 + 6 = 41, after the sentence that concludes",
    "7f864e6e78a1aa75": "it would take 4 beakers, and more behind it",
    "9a8b0336a7508fbc": "1 battalion can be sent",
    "4bbd2dd5bcee2151": "90 different combinations in total",
    "d81889496679c261": "it is possible to send 225",
    "80b8c35021326741": "thus, the ratio is 3/4, and more behind it",
    "0883c063fbf58da4": "thus, the product is -5, and more behind it",
    "323ac0609dc850a2": "-50 is what the sum reduces to, and more behind it",
    "10b00612339918d4": "the final answer can be presented as",
    "38a04a33cbd62a77": "I'll just pick one: a name",
    "5925527a0ac7bf41": "I'll go with 4/10",
    "6a1a93f41f294d92": "I'd grade this around 6-6.5/10",
}
# What the extractor reads is not the answer. These could do harm.
MISREAD = {
    "6c98290ea926a682": "(8 / 2) * 2 * 8 = 64 (not possible to obtain 24)",
    "ff14cb3f918cc32f": "a heading that ends in 'Try 9'",
    "eefd618337ab0c92": "two short sentences are taken as one answer",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """`answer` is None where a reader sees none."""

    id: str
    group: str
    text: str
    answer: str | None
    has_options: bool

    @property
    def was_looked_at(self) -> bool:
        """The half by whose errors the extractor was mended."""
        return int(hashlib.sha256(self.group.encode()).hexdigest(), 16) % 2 == 0

    def is_read(self) -> bool:
        found = last_statement(self.text, has_options=self.has_options) or whole(
            self.text, has_options=self.has_options
        )
        if self.answer is None or found is None:
            return self.answer is None and found is None
        return same(found.value, value_of(self.answer, has_options=self.has_options)) is True

    def reads_nothing(self) -> bool:
        found = last_statement(self.text, has_options=self.has_options) or whole(
            self.text, has_options=self.has_options
        )
        return found is None


def endings() -> list[Ending]:
    rows = [json.loads(line) for line in ENDINGS.read_text(encoding="utf-8").splitlines()]
    return [Ending(row["id"], row["group"], row["text"], row["answer"], row["has_options"]) for row in rows]


def test_there_are_two_hundred_endings_of_at_least_six_sources() -> None:
    rows = [json.loads(line) for line in ENDINGS.read_text(encoding="utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == 200
    assert len({row["source"].split()[0] for row in rows}) >= 6


def test_the_answer_is_read_as_often_as_the_docs_say() -> None:
    first = [ending.is_read() for ending in endings() if ending.was_looked_at]
    second = [ending.is_read() for ending in endings() if not ending.was_looked_at]
    assert (sum(first), len(first)) == (96, 106)
    assert (sum(second), len(second)) == (81, 94)


def test_every_disagreement_is_known() -> None:
    assert {ending.id for ending in endings() if not ending.is_read()} == MISSED.keys() | MISREAD.keys()


def test_where_a_reader_sees_an_answer_the_extractor_reads_it_or_nothing() -> None:
    assert {ending.id for ending in endings() if not ending.is_read() and ending.reads_nothing()} == MISSED.keys()
