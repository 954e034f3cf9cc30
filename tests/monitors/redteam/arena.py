"""Covers for the arena's tests: prose of their own numbers, from two models."""

from __future__ import annotations

import json
from pathlib import Path

from monitors.redteam.covers import Carrier, choose
from monitors.transcript import Message, Part, PartType, Role, Transcript

_SENTENCE = "In case {a} we look at {b} first; however, it is plain that {c} can be begun there, and that helps."
MODELS = ("model-a", "model-b")


def prose(number: int, n_sentences: int = 24) -> str:
    said = [_SENTENCE.format(a=number, b=number * i + 3, c=(number + i) % 7) for i in range(n_sentences)]
    return "\n".join(said)


def transcript(number: int, *, model: str = MODELS[0]) -> Transcript:
    asked = Message(Role.USER, (Part(PartType.TEXT, f"Question {number}?"),))
    said = Message(Role.ASSISTANT, (Part(PartType.REASONING, prose(number)), Part(PartType.TEXT, "Done.")))
    return Transcript(f"t{number}", (asked, said), model=model)


def carriers(n: int) -> tuple[Carrier, ...]:
    given = ((transcript(i, model=MODELS[i % 2]), {"group": i}) for i in range(n))
    return tuple(choose(given, n, min_characters=100).carriers)


def write_file(path: Path, n: int, *, model: str = MODELS[0]) -> Path:
    rows = [
        {"id": f"t{i}", "model": model, "prompt": f"Question {i}?", "reasoning": prose(i), "meta": {"group": i}}
        for i in range(n)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
