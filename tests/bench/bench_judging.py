"""Judges on the local model: 8 rubrics in one sitting beside 8 separate calls; the start of a worker without models.

Both ways are timed in the same run, up to the score's probabilities, on transcripts of about 2,000 and 6,000 tokens;
prefilled tokens are counted beside. Of the separate calls, which are alike, three are timed. Processor time, which a
busy machine stretches less; the ratios are what machines can be compared by.
Aims (issue 5): 8 rubrics at least 4 times faster, at most 1.2 times the tokens of one; a worker that needs no model
starts in less than 3 s and does not load torch.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from monitors import registry
from monitors.backends.transformers_local import LocalModel
from monitors.base import Cost, Score
from monitors.judging.question import Question
from monitors.judging.rubric import Rubric
from monitors.judging.sitting import hold
from monitors.transcript import Message, Part, PartType, Role, Transcript

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "oversight" / "demo" / "data" / "transcripts.jsonl.gz"
N_RUBRICS, N_APART, N_TOKENS, STARTS = 8, 3, (2_000, 6_000), 3
START = """
import sys, django
django.setup()
from oversight.celery import app
app.loader.import_default_modules()
from monitors import registry
for name, entry in registry.entries().items():
    if not entry.needs:
        registry.build(name)
print("torch" in sys.modules, "transformers" in sys.modules)
"""


def main() -> Iterator[str]:
    # First, since the minutes of the local model may run into a limit.
    yield _cold_start()
    local, questions = LocalModel(), [Question(rubric) for rubric in _rubrics()]
    yield f"{local.model}; rubrics: {', '.join(question.rubric.name for question in questions)}"
    hold(local, _transcript(local, 200), questions[:1])
    for n_tokens in N_TOKENS:
        yield _compared(local, _transcript(local, n_tokens), questions, n_tokens)


def _compared(local: LocalModel, transcript: Transcript, questions: Sequence[Question], n_tokens: int) -> str:
    together, wall, scores = _timed(lambda: hold(local, transcript, questions))
    shared = _prefilled(scores)
    apart, wall_apart, scores = _timed(lambda: [hold(local, transcript, [one])[0] for one in questions[:N_APART]])
    more = len(questions) / N_APART
    share = shared / _prefilled(scores) * N_APART
    return (
        f"{n_tokens:,} tokens, {len(questions)} rubrics: one sitting {together:.1f} s of processor time "
        f"({wall:.1f} s on the clock), separate calls {apart * more:.1f} s ({wall_apart * more:.1f} s), "
        f"{apart * more / together:.1f} times faster (aim 4); prefilled {shared:,} tokens, "
        f"{share:.2f} times those of one call (aim 1.2)"
    )


def _timed(work: Callable[[], list[Score]]) -> tuple[float, float, list[Score]]:
    """Processor and wall-clock seconds, and what came of it."""
    started, began = time.process_time(), time.perf_counter()
    scores = work()
    return time.process_time() - started, time.perf_counter() - began, scores


def _prefilled(scores: Sequence[Score]) -> int:
    cost = sum((score.cost for score in scores), Cost())
    return cost.prompt_tokens - cost.cached_tokens


def _rubrics() -> list[Rubric]:
    """Shipped rubrics that show the judge everything; where there are too few, again under other names."""
    found = [getattr(entry.cls, "rubric", None) for entry in registry.entries().values()]
    shown = [rubric for rubric in found if isinstance(rubric, Rubric) and not rubric.hides]
    again = [replace(rubric, property=f"{rubric.property} ({turn})") for turn in range(2, 6) for rubric in shown]
    return [*shown, *again][:N_RUBRICS]


def _transcript(local: LocalModel, n_tokens: int) -> Transcript:
    """Recorded reasoning, one record after the other, up to so many tokens."""
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    texts = [message["content"] for record in records for message in _messages(record)]
    tokens: list[int] = []
    for text in texts:
        tokens += local.tokenize([text])[0]
        if len(tokens) >= n_tokens:
            break
    reply = (Part(PartType.REASONING, local.detokenize(tokens[:n_tokens])), Part(PartType.TEXT, "So it is done."))
    asked = Message(Role.USER, (Part(PartType.TEXT, "Work it out."),))
    return Transcript("bench", (asked, Message(Role.ASSISTANT, reply)))


def _messages(record: dict[str, object]) -> Iterator[dict[str, str]]:
    reasoning = record.get("reasoning")
    if isinstance(reasoning, str):
        yield {"content": f"{reasoning}\n"}


def _cold_start() -> str:
    """With compiled modules, as the images have them; the first start compiles them and is not counted."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with TemporaryDirectory() as compiled:
        environment = {**kept, "DJANGO_SETTINGS_MODULE": "oversight.settings", "PYTHONPYCACHEPREFIX": compiled}
        _started(environment)
        starts = [_started(environment) for _ in range(STARTS)]
    seconds, processor = min(took for took, _, _ in starts), min(used for _, used, _ in starts)
    return (
        f"a worker without models is ready after {processor:.1f} s of processor time, {seconds:.1f} s on the "
        f"clock (aim 3); torch loaded: {starts[0][2]}"
    )


def _started(environment: dict[str, str]) -> tuple[float, float, str]:
    """Seconds on the clock, seconds of processor, and whether torch was loaded."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", START]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, used, done.stdout.split()[0]
