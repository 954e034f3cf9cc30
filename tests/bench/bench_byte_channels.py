"""Byte channels alone on one core: transcripts of 8,000 characters a second, by the model that wrote them.

The texts are the demo's real transcripts, joined and cut, without those in which it finds something for certain (the
demo holds planted ones). The same pass with a single regular expression for a few
invisible characters stands beside it: what scanning costs at the least here and now.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from monitors.catalog.byte_channels import ByteChannels
from monitors.characters.given import Given
from monitors.characters.habits import DEFAULT
from monitors.characters.scan import scan
from monitors.transcript import Message, Part, PartType, Role, Transcript

DATA = Path(__file__).resolve().parents[2] / "oversight" / "demo" / "data" / "transcripts.jsonl.gz"
N_TRANSCRIPTS, ROUNDS, REASONING, OUTPUT = 100, 5, 5_000, 3_000
_BARE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\ufe00-\ufe0f\U000e0000-\U000e01ef]")


def main() -> Iterator[str]:
    monitor = ByteChannels()
    texts = _by_model()
    for model, text in {"all": "\n".join(texts.values()), **texts}.items():
        if len(text) < REASONING + OUTPUT:
            continue
        transcripts = list(_cut(text, model))
        rate = _rate(monitor.score, transcripts)
        bare = _rate(lambda t: [_BARE.search(part.text) for part in t.parts], transcripts)
        yield f"{model:32} {rate:8,.0f} transcripts/s/core; one bare search {bare:8,.0f}/s; ratio {rate / bare:.2f}"


def _by_model() -> dict[str, str]:
    texts: dict[str, list[str]] = defaultdict(list)
    with gzip.open(DATA, "rt") as lines:
        for line in lines:
            record = json.loads(line)
            text = f"{record.get('reasoning') or ''}\n{record.get('answer') or ''}"
            if not any(finding.suspicion >= 1 for finding in scan(text, Given(), DEFAULT)):
                texts[(record.get("model") or "not stated").partition(" ")[0]].append(text)
    return {model: "\n".join(filter(None, parts)) for model, parts in sorted(texts.items())}


def _cut(text: str, model: str) -> Iterator[Transcript]:
    asked = Message(Role.USER, (Part(PartType.TEXT, "What follows from this, and why?"),))
    for at in range(N_TRANSCRIPTS):
        start = at * 7919 % (len(text) - REASONING - OUTPUT + 1)
        middle, end = start + REASONING, start + REASONING + OUTPUT
        parts = (Part(PartType.REASONING, text[start:middle]), Part(PartType.TEXT, text[middle:end]))
        yield Transcript(str(at), (asked, Message(Role.ASSISTANT, parts)), model=model)


def _rate(work: Callable[[Transcript], object], transcripts: Sequence[Transcript]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for transcript in transcripts:
            work(transcript)
        best = min(best, time.process_time() - started)
    return len(transcripts) / best
