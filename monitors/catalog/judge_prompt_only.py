"""Baseline: the judge sees the question and nothing that the model wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from monitors.partial import PartialJudge
from monitors.registry import monitor
from monitors.transcript import Channel

NAME = "judge_prompt_only"


@monitor(
    NAME,
    version=1,
    axis="misbehaviour",
    needs=("judge",),
    reference="Baker et al. 2025, arXiv:2503.11926; Guan et al. 2025, arXiv:2512.18311",
    is_baseline=True,
)
@dataclass(frozen=True, slots=True)
class JudgePromptOnly(PartialJudge):
    """Baseline: what a judge suspects that sees the question alone.

    A baseline, no monitor to rely on: what it reaches, the choice of questions gives away.

    value = E[s] / 10 of the rubric of the monitor `of`, asked while reasoning, answer and tools are not shown.

    Notes
    -----
    Shown: system prompt and question.
    """

    name: ClassVar[str] = NAME
    hides: ClassVar[frozenset[Channel]] = frozenset({Channel.REASONING, Channel.OUTPUT, Channel.TOOL})
