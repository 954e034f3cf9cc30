"""Baseline: the judge sees the answer and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from monitors.partial import PartialJudge
from monitors.registry import monitor
from monitors.transcript import Channel

NAME = "judge_answer_only"


@monitor(
    NAME,
    version=1,
    axis="misbehaviour",
    needs=("judge",),
    reference="Baker et al. 2025, arXiv:2503.11926; Guan et al. 2025, arXiv:2512.18311",
    is_baseline=True,
)
@dataclass(frozen=True, slots=True)
class JudgeAnswerOnly(PartialJudge):
    """Baseline: what a judge suspects that sees the answer alone.

    A baseline, no monitor to rely on: a label that the answer gives away says nothing about reading the reasoning.

    value = E[s] / 10 of the rubric of the monitor `of`, asked while question, reasoning and tools are not shown.

    Notes
    -----
    Shown: the answer without tool calls.
    """

    name: ClassVar[str] = NAME
    hides: ClassVar[frozenset[Channel]] = frozenset({Channel.PROMPT, Channel.REASONING, Channel.TOOL})
