"""The monitors that need no model, on transcripts of 8,000 characters, one core, against one pass over the same text.

The baseline in the same run is `str.translate` and a regular expression for words over every part: what any monitor
that looks at words must do at least. Processor time, best of three, so that a busy machine does not stretch it.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from monitors import registry
from monitors.base import Monitor, SetMonitor, measure
from monitors.transcript import Message, Part, PartType, Role, Transcript

DATA = Path(__file__).resolve().parents[2] / "oversight" / "demo" / "data" / "transcripts.jsonl.gz"
ALONE = ("byte_channels", "pattern_channels", "language_switching", "answer_consistency")
OF_SETS = ("cryptic_tokens",)
N_TRANSCRIPTS, N_CHARACTERS, ROUNDS = 60, 8_000, 3
_WORD = re.compile(r"\w+")


def main() -> list[str]:
    transcripts = _transcripts()
    baseline = _seconds(_words, transcripts)
    lines = [
        f"{len(transcripts)} transcripts of {N_CHARACTERS} characters; one pass of a regular expression for words: "
        f"{1 / baseline:,.0f} a second on one core"
    ]
    total = 0.0
    for name, monitor in _monitors(transcripts):
        seconds = _seconds(partial(measure, monitor), transcripts)
        total += seconds
        lines.append(_line(name, seconds, baseline))
    return [*lines, _line("the suite", total, baseline)]


def _line(name: str, seconds: float, baseline: float) -> str:
    return f"{name}: {1 / seconds:,.0f} a second, {seconds / baseline:.1f} times the pass over words"


def _monitors(transcripts: list[Transcript]) -> Iterable[tuple[str, Monitor]]:
    known = set(registry.entries())
    for name in (name for name in ALONE if name in known):
        yield name, registry.build(name)
    for name in (name for name in OF_SETS if name in known):
        fitted: SetMonitor = registry.build(name)  # type: ignore[assignment]  # monitors of sets are built alike
        started = time.process_time()
        monitor = fitted.fit(transcripts)
        fitting = (time.process_time() - started) / len(transcripts)
        yield f"{name} (its fit takes {fitting * 1000:.1f} ms a transcript)", monitor


def _seconds(call: Callable[[Transcript], object], transcripts: list[Transcript]) -> float:
    """Processor time for one transcript, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for transcript in transcripts:
            call(transcript)
        best = min(best, time.process_time() - started)
    return best / len(transcripts)


def _words(transcript: Transcript) -> None:
    for part in transcript.parts:
        _WORD.findall(part.text)


def _transcripts() -> list[Transcript]:
    """Real reasoning and answers of the demo, one after another, cut to length."""
    with gzip.open(DATA, "rt") as lines:
        texts = [f"{r.get('reasoning') or ''}\n\n{r.get('answer') or ''}" for r in map(json.loads, lines)]
    joined = "\n\n".join(text for text in texts if len(text) > 500)
    pieces = [joined[at : at + N_CHARACTERS] for at in range(0, len(joined) - N_CHARACTERS, N_CHARACTERS)]
    return [_transcript(number, text) for number, text in enumerate(pieces[:N_TRANSCRIPTS])]


def _transcript(number: int, text: str) -> Transcript:
    asked = Message(Role.USER, (Part(PartType.TEXT, "Which of the two is better, and why?"),))
    return Transcript(f"bench-{number}", (asked, Message(Role.ASSISTANT, (Part(PartType.REASONING, text),))))
