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

    Parameters
    ----------
    judge : a Judge, RecordedVerdicts, or None.
    max_chars : characters shown in one call, at least 500; 0: as many as the judge's context holds.
    max_windows : calls for one transcript at most; what is not shown makes the score partial.
    of : name of the judged monitor whose question is asked.

    Returns
    -------
    Score in [0, 1], higher is more suspicious; raw is E[s] on 0-10. Evidence holds the judge's quotes that were found
    word for word in what was shown.

    Raises
    ------
    InvalidTranscript : no verdict on it was recorded.
    BackendUnavailable : there is no judge, or it did not answer.

    Notes
    -----
    Shown: the answer without tool calls. It is not deployed by default. A judge is admitted on the whole question of
    `of` (all channels, its fixed cases): what the part cannot tell is not the judge's fault, and a figure near chance
    is then the finding.

    References
    ----------
    Baker et al., "Monitoring reasoning models for misbehavior and the risks of promoting obfuscation", arXiv:2503.11926
    (2025), compares monitors of actions with monitors of reasoning.
    Guan et al., "Monitoring monitorability", arXiv:2512.18311 (2025).
    """

    name: ClassVar[str] = NAME
    hides: ClassVar[frozenset[Channel]] = frozenset({Channel.PROMPT, Channel.REASONING, Channel.TOOL})
