"""Monitors that workers under test load with `--include`: one is slow, one kills its worker."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

from monitors.base import Evidence, Score
from monitors.registry import monitor
from monitors.transcript import Transcript


@monitor("test_slow", version=1, axis="legibility", threshold=0.5)
@dataclass(frozen=True, slots=True)
class Slow:
    """Takes its time over each transcript."""

    seconds: float = 0.05

    def score(self, transcript: Transcript, /) -> Score:
        time.sleep(self.seconds)
        text = transcript.parts[0].text
        return Score(0.9, (Evidence(0, 0, len(text), text, "all of it"),))


@monitor("test_deadly", version=1, axis="legibility", threshold=0.5)
@dataclass(frozen=True, slots=True)
class Deadly:
    """Takes the worker's process down when the prompt says so."""

    def score(self, transcript: Transcript, /) -> Score:
        if "die" in transcript.parts[0].text:
            os.kill(os.getpid(), signal.SIGKILL)
        return Score(0.1)
