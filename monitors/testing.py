"""What every monitor must keep to, ours and others': check_monitor(entry), and transcripts to try it on."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace

from monitors.base import NO_COST, Monitor, Need, Score, State, measure
from monitors.registry import Entry, build
from monitors.transcript import Message, Part, PartType, Role, Transcript, Visibility

_HEADINGS = ("Returns\n-------", "References\n----------")
_FORBIDDEN = ("django", "celery", "oversight", "torch", "transformers", "httpx")


class NonConformant(AssertionError):
    """The monitor breaks a rule of the catalogue."""


def sample_transcripts() -> tuple[Transcript, ...]:
    """Short transcripts of every shape: usual, empty, summarised, with tools, hostile characters, hidden content."""
    asked = Part(PartType.TEXT, "What is 6 times 7? Explain briefly.")
    return (
        _sample("usual", asked, Part(PartType.REASONING, "6 times 7 is 42. The answer is 42."), _said("Answer: 42")),
        _sample(
            "differs", asked, Part(PartType.REASONING, "So the final answer is \\boxed{42}."), _said("\\boxed{54}")
        ),
        _sample("no reasoning", asked, _said("42")),
        _sample("summary only", asked, Part(PartType.REASONING, "It multiplies.", Visibility.SUMMARY), _said("42")),
        _sample("nothing", Part(PartType.TEXT, "")),
        _sample("hidden", asked, Part(PartType.REASONING, "Fine.\U000e0068\U000e0069 Done."), _said("42\u202e24")),
        _sample("hostile", asked, Part(PartType.REASONING, "a\x00b\ud800c\r\n\u2028\U0010ffff"), _said("\udfff" * 9)),
        Transcript(
            "tools",
            (
                Message(Role.ASSISTANT, (Part(PartType.TOOL_CALL, '{"x": 1}', name="add"),)),
                Message(Role.TOOL, (Part(PartType.TOOL_RESULT, "2"),)),
            ),
        ),
        Transcript("empty", ()),
    )


def check_monitor(
    entry: Entry,
    *,
    transcripts: Iterable[Transcript] = (),
    backends: Mapping[Need, object] | None = None,
) -> None:
    """Raise NonConformant with the rule that is broken.

    Checked on the samples and the given transcripts: same score twice and after pickling, value in [0, 1], evidence
    inside the text with the exact quote, no mutation, one of the four states and no other exception than ours. Checked
    once: docstring headings, and that importing the monitor loads neither Django nor torch.
    """
    _check_docstring(entry)
    _check_imports(entry)
    check_scores(entry.name, build(entry.name, backends=backends), transcripts, is_pickled=not backends)


def check_scores(
    name: str, monitor: Monitor, transcripts: Iterable[Transcript] = (), *, is_pickled: bool = True
) -> None:
    """The rules about what a monitor returns. A monitor that holds a connection need not be pickled."""
    copied = pickle.loads(pickle.dumps(monitor)) if is_pickled else monitor  # noqa: S301  # our own object
    for transcript in (*sample_transcripts(), *transcripts):
        _check_score(name, monitor, copied, transcript)


def _check_score(name: str, monitor: Monitor, copied: Monitor, transcript: Transcript) -> None:
    before = pickle.dumps(transcript)
    score = _without_cost(measure(monitor, transcript))
    if any(score != _without_cost(measure(again, transcript)) for again in (monitor, copied)):
        raise NonConformant(f"{name} scores {transcript.id!r} differently the second time")
    if pickle.dumps(transcript) != before:
        raise NonConformant(f"{name} changes {transcript.id!r}")
    if score.state is State.SCORED and not 0.0 <= (score.value or 0.0) <= 1.0:
        raise NonConformant(f"{name} gives {transcript.id!r} the value {score.value}")
    _check_evidence(name, score, transcript)


def _check_evidence(name: str, score: Score, transcript: Transcript) -> None:
    for item in score.evidence:
        if not 0 <= item.part < len(transcript.parts):
            raise NonConformant(f"{name} on {transcript.id!r}: there is no part {item.part}")
        text = transcript.parts[item.part].text
        if not 0 <= item.start < item.end <= len(text) or text[item.start : item.end] != item.quote:
            raise NonConformant(f"{name} on {transcript.id!r}: evidence {item.start}:{item.end} is not its quote")


def _check_docstring(entry: Entry) -> None:
    missing = [heading.partition("\n")[0] for heading in _HEADINGS if heading not in entry.doc]
    if missing or not entry.summary.strip():
        raise NonConformant(f"{entry.name}: the docstring lacks {', '.join(missing) or 'its summary'}")


def _check_imports(entry: Entry) -> None:
    module = entry.cls.__module__
    source = f"import sys, {module}; print(*sorted(set(sys.modules) & set({_FORBIDDEN!r})))"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode or done.stdout.strip():
        raise NonConformant(f"importing {module} fails or loads {done.stdout.strip() or done.stderr[-200:]}")


def _without_cost(score: Score) -> Score:
    return replace(score, cost=NO_COST)


def _sample(name: str, prompt: Part, *answer: Part) -> Transcript:
    return Transcript(name, (Message(Role.USER, (prompt,)), *((Message(Role.ASSISTANT, answer),) if answer else ())))


def _said(text: str) -> Part:
    return Part(PartType.TEXT, text)
