"""Answers kept for the next time: the same text, rubric, model and parameters are not asked twice."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from monitors.backends.base import Judge, JudgeAnswer, JudgePrompt, Roomy
from monitors.base import NO_COST
from monitors.errors import BackendUnavailable


class Store(Protocol):
    """Where answers lie, by key. `write` replaces."""

    def read(self, keys: Sequence[str], /) -> Mapping[str, JudgeAnswer]: ...

    def write(self, answers: Mapping[str, JudgeAnswer], /) -> None: ...

    def remove(self, keys: Sequence[str], /) -> None: ...


class Kept:
    """A judge that answers from a store what was asked before. A kept answer has cost nothing and says so.

    Prompts without a key are always asked, and no failure and no answer that was cut off or refused is kept. Who
    cannot read an answer calls `forget`.
    """

    def __init__(self, judge: Judge, store: Store) -> None:
        self.judge = judge
        self._store = store

    @property
    def model(self) -> str:
        return self.judge.model

    @property
    def digest(self) -> str:
        return self.judge.digest

    def complete(self, prompt: JudgePrompt, /) -> JudgeAnswer:
        return self.complete_many([prompt])[0]

    def complete_many(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer]:
        keys = [self._key(prompt) for prompt in prompts]
        known = self._store.read(sorted({key for key in keys if key})) if any(keys) else {}
        left = [index for index, key in enumerate(keys) if key not in known]
        asked = dict(zip(left, _each(self.judge, [prompts[index] for index in left]), strict=True)) if left else {}
        # What was answered is kept although others failed: the next attempt asks for those alone.
        new = {keys[index]: answer for index, answer in asked.items() if keys[index] and _is_good(answer)}
        if new:
            self._store.write({key: answer for key, answer in new.items() if isinstance(answer, JudgeAnswer)})
        for answer in asked.values():
            if isinstance(answer, BackendUnavailable):
                raise answer
        found = (asked.get(index) or replace(known[key], cost=NO_COST) for index, key in enumerate(keys))
        return [answer for answer in found if isinstance(answer, JudgeAnswer)]

    def forget(self, prompts: Sequence[JudgePrompt], /) -> None:
        """Their answers could not be read: ask again the next time."""
        keys = sorted({key for prompt in prompts if (key := self._key(prompt))})
        if keys:
            self._store.remove(keys)

    def _key(self, prompt: JudgePrompt) -> str:
        if not prompt.key:
            return ""
        known = [self.judge.digest, prompt.key, prompt.max_tokens, prompt.temperature, prompt.seed]
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()


class _RoomyKept(Kept):
    def room(self, texts: Sequence[str], /) -> int:
        if not isinstance(self.judge, Roomy):
            raise TypeError("this judge does not know how much its context holds")
        return self.judge.room(texts)


def kept(judge: Judge, store: Store) -> Kept:
    """The judge with a memory; it tells how much its context holds where the judge itself does."""
    return _RoomyKept(judge, store) if isinstance(judge, Roomy) else Kept(judge, store)


class Folder:
    """A store of one small file for each answer; whoever named the folder empties it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, keys: Sequence[str], /) -> Mapping[str, JudgeAnswer]:
        return {key: answer for key in keys if (answer := self._one(key)) is not None}

    def write(self, answers: Mapping[str, JudgeAnswer], /) -> None:
        for key, answer in answers.items():
            file = self._file(key)
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=".", delete=False) as scratch:
                json.dump([answer.text, answer.score_expectation, answer.score_deviation], scratch)
            os.replace(scratch.name, file)

    def remove(self, keys: Sequence[str], /) -> None:
        for key in keys:
            self._file(key).unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self._root / key[:2] / f"{key}.json"

    def _one(self, key: str) -> JudgeAnswer | None:
        """A file that is missing, cut off or of another version counts as none."""
        try:
            text, expectation, deviation = json.loads(self._file(key).read_text())
        except (OSError, ValueError, TypeError):
            return None
        return JudgeAnswer(text, expectation, deviation)


def _each(judge: Judge, prompts: Sequence[JudgePrompt]) -> Iterable[JudgeAnswer | BackendUnavailable]:
    each = getattr(judge, "complete_each", None)
    answers: Iterable[JudgeAnswer | BackendUnavailable] = (
        judge.complete_many(prompts) if each is None else each(prompts)
    )
    return answers


def _is_good(answer: JudgeAnswer | BackendUnavailable) -> bool:
    return isinstance(answer, JudgeAnswer) and bool(answer.text) and answer.finish_reason == "stop"
