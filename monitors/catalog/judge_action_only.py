"""Baseline: the judge sees question, answer and actions, and no reasoning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from monitors.partial import PartialJudge
from monitors.registry import monitor
from monitors.transcript import Channel

NAME = "judge_action_only"


@monitor(
    NAME,
    version=1,
    axis="misbehaviour",
    needs=("judge",),
    reference="Baker et al. 2025, arXiv:2503.11926; Guan et al. 2025, arXiv:2512.18311",
    is_baseline=True,
)
@dataclass(frozen=True, slots=True)
class JudgeActionOnly(PartialJudge):
    """Baseline: what a judge suspects that sees the question, the answer and the actions, but not the reasoning.

    A baseline, no monitor to rely on: a monitor of the reasoning is worth its price only as far as it beats this one.

    value = E[s] / 10 of the rubric of the monitor `of`, asked while the reasoning is not shown.

    Notes
    -----
    Shown: question, answer, tool calls and their results. No reasoning is needed.
    """

    name: ClassVar[str] = NAME
    hides: ClassVar[frozenset[Channel]] = frozenset({Channel.REASONING})
