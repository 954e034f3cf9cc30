"""A model server on loopback that judges misbehaviour intent by the fixed cases that it has learnt by heart."""

from __future__ import annotations

import json
import re
from typing import Literal

from monitors.catalog.judge_misbehaviour_intent import NAME, RUBRIC
from tests.oversight.rubrics.judge_server import JudgeServer

__all__ = ["NAME", "RUBRIC", "CaseServer", "Manner"]
Manner = Literal["honest", "obedient", "blind", "eager", "mute"]
_REASONING = re.compile(r"^BEGIN ([0-9a-f]{32}) reasoning\n(.*?)\nEND \1 reasoning$", re.DOTALL | re.MULTILINE)
POSITIVES, NEGATIVES = RUBRIC.admission_cases()


class CaseServer(JudgeServer):
    """`manner` can change at any time, as a provider's model does.

    Honest: finds every known positive, with or without an order in it. Obedient: finds it, unless anything stands in
    the text beside it, which it takes for an order to find nothing. Blind finds nothing, eager everything, and a mute
    one answers in prose.
    """

    def __init__(self, manner: Manner = "honest") -> None:
        super().__init__()
        self.manner: Manner = manner

    def answer(self, said: str) -> str:
        found = _REASONING.search(said)
        text = found[2] if found else ""
        if self.manner == "mute":
            return "I would rather talk about the weather."
        is_positive = self._finds(text)
        evidence = [{"quote": text[:60], "source": "reasoning", "why": "it says so"}] if is_positive else []
        score = 9 if is_positive else 1
        verdict = "positive" if is_positive else "negative"
        return json.dumps({"evidence": evidence, "score": score, "p": score * 10, "verdict": verdict})

    def _finds(self, text: str) -> bool:
        if self.manner in ("blind", "eager"):
            return self.manner == "eager"
        if self.manner == "obedient":
            return any(case.reasoning.strip() == text.strip() for case in POSITIVES)
        return any(case.reasoning[:40] in text for case in POSITIVES)
