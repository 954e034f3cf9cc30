"""The monitors that need no model, on transcripts of 8,000 characters, one core, by the family of their models.

The baseline in the same run is one pass of a regular expression for words over every part: what any monitor that looks
at words must do at least. It is measured anew beside each monitor, since a machine does not stay the same for seconds.
Processor time, for each transcript the best of some rounds, so that a busy machine stretches it less; the figures to
compare between machines are the ratios.

Aims (issue 4): the suite 150 transcripts a second, `byte_channels` alone 3,000. As ratios they are those rates on a
quiet machine, where the pass over words is done some 3,700 times a second.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

from monitors import registry
from monitors.base import Monitor, SetMonitor, measure, measure_all, scores_at_once
from monitors.transcript import Message, Part, PartType, Role, Transcript

DATA = Path(__file__).resolve().parents[2] / "oversight" / "demo" / "data" / "transcripts.jsonl.gz"
AIMS = {"byte_channels": 3_000, "the suite": 150}
QUIET = 3_700
FAMILIES = (
    "claude",
    "gpt-oss",
    "kimi",
    "r1-distill",
    "qwen3-8b",
    "glm",
    "palm",
    "grok",
    "qwen3-0.6b",
    "qwen3-4b",
    "olmo",
)
PER_FAMILY, N_CHARACTERS, N_REASONING, ROUNDS = 6, 8_000, 6_000, 5
# A worker leases 200 runs at once (oversight/monitoring/execution.py): seven monitors on so many transcripts.
TOGETHER = 28
_WORD = re.compile(r"\w+")
Seconds = dict[str, float]
T = TypeVar("T")


def main() -> Iterator[str]:
    families = _families()
    transcripts = [transcript for own in families.values() for transcript in own]
    yield f"{len(transcripts)} transcripts of {N_CHARACTERS} characters of {len(families)} families"
    passes: list[Seconds] = []
    suite: Seconds = defaultdict(float)
    of_sets: Seconds = defaultdict(float)
    for name, entry in registry.entries().items():
        if entry.needs or entry.reads_logprobs:
            continue
        monitor, words = registry.build(name), _by_family(_words, families)
        passes.append(words)
        if hasattr(monitor, "fit"):
            seconds, fitting = _of_sets(monitor, families)
            yield f"{_line(name, seconds, words)}; its fit {fitting / _mean(words):.1f} times beside"
            _add(of_sets, {family: own + fitting for family, own in seconds.items()})
        else:
            seconds = _of_monitor(monitor, families)
            yield _line(name, seconds, words)
            # Baselines are floors to compare with, and run where somebody asks for one.
            if not entry.is_baseline:
                _add(suite, seconds)
    words = {family: sum(one[family] for one in passes) / len(passes) for family in families}
    yield f"one pass of a regular expression for words: {1 / _mean(words):,.0f} a second on one core"
    yield _line("the suite", suite, words)
    _add(of_sets, suite)
    yield _line("the suite with the monitors of sets and their fits", of_sets, words)


def _line(name: str, seconds: Mapping[str, float], words: Mapping[str, float]) -> str:
    worst = max(seconds, key=seconds.__getitem__)
    ratio = _mean(seconds) / _mean(words)
    aim = f" (aim {AIMS[name]:,})" if name in AIMS else ""
    most = (
        f" (aim {QUIET / AIMS[name]:.1f}, {'met' if ratio <= QUIET / AIMS[name] else 'missed'})" if name in AIMS else ""
    )
    return (
        f"{name}: {1 / _mean(seconds):,.0f} a second{aim}, {ratio:.1f} times the pass over words{most}; "
        f"worst {worst}: {1 / seconds[worst]:,.0f} a second, {seconds[worst] / words[worst]:.1f} times"
    )


def _add(total: Seconds, seconds: Mapping[str, float]) -> None:
    for family, own in seconds.items():
        total[family] += own


def _mean(seconds: Mapping[str, float]) -> float:
    return sum(seconds.values()) / len(seconds)


def _of_sets(monitor: Monitor, families: Mapping[str, Sequence[Transcript]]) -> tuple[Seconds, float]:
    """A set is what one family wrote; the fit is shared over its transcripts."""
    fitted: SetMonitor = monitor  # type: ignore[assignment]  # monitors of sets are built alike
    seconds: Seconds = {}
    fitting = 0.0
    for family, own in families.items():
        started = time.process_time()
        known = fitted.fit(own)
        fitting += (time.process_time() - started) / len(own) / len(families)
        seconds |= _by_family(partial(measure, known), {family: own})
    return seconds, fitting


def _of_monitor(monitor: Monitor, families: Mapping[str, Sequence[Transcript]]) -> Seconds:
    """A monitor that scores several transcripts at a time is given as many as a worker gives it, of all families.

    What a family costs beside the others is told by batches of its own, six transcripts at most.
    """
    if not scores_at_once(monitor):
        return _by_family(partial(measure, monitor), families)
    own_batches = {family: _best(partial(measure_all, monitor), own) / len(own) for family, own in families.items()}
    mixed = [one for row in zip_longest(*families.values()) for one in row if one is not None]
    batches = [mixed[at : at + TOGETHER] for at in range(0, len(mixed), TOGETHER)]
    mean = sum(_best(partial(measure_all, monitor), batch) for batch in batches) / len(mixed)
    return {family: seconds * mean / _mean(own_batches) for family, seconds in own_batches.items()}


def _by_family(call: Callable[[Transcript], object], families: Mapping[str, Sequence[Transcript]]) -> Seconds:
    """Processor time for one transcript of each family."""
    return {family: sum(_best(call, transcript) for transcript in own) / len(own) for family, own in families.items()}


def _best(call: Callable[[T], object], read: T) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        call(read)
        best = min(best, time.process_time() - started)
    return best


def _words(transcript: Transcript) -> None:
    for part in transcript.parts:
        _WORD.findall(part.text)


def _families() -> dict[str, list[Transcript]]:
    """Real reasoning and answers of the demo, one after another, cut to length."""
    texts: dict[str, list[str]] = {family: [] for family in FAMILIES}
    with gzip.open(DATA, "rt") as lines:
        for record in map(json.loads, lines):
            model = (record.get("model") or "").lower()
            family = next((family for family in FAMILIES if family in model), None)
            if family:
                texts[family].append(f"{record.get('reasoning') or ''}\n\n{record.get('answer') or ''}")
    return {family: list(_cut(family, "\n\n".join(own))) for family, own in texts.items()}


def _cut(family: str, text: str) -> Iterator[Transcript]:
    asked = Message(Role.USER, (Part(PartType.TEXT, "Which of the two is better, and why?"),))
    n_pieces = min(PER_FAMILY, len(text) // N_CHARACTERS)
    for at in range(n_pieces):
        start = at * (len(text) - N_CHARACTERS) // max(1, n_pieces - 1)
        middle = start + N_REASONING
        reasoning = Part(PartType.REASONING, text[start:middle])
        answer = Part(PartType.TEXT, text[middle : start + N_CHARACTERS])
        yield Transcript(f"{family}-{at}", (asked, Message(Role.ASSISTANT, (reasoning, answer))), model=family)
