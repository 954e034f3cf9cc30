"""What figures are called: detection where the labels are by people or programs, agreement where a judge made them."""

from __future__ import annotations

from dataclasses import dataclass

from oversight.quality.labels import JUDGE, Source

BASELINE_TITLES = {
    "answer_only": "answer only",
    "prompt_only": "prompt only",
    "action_only": "action only",
    "keywords": "keywords",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of one page."""

    title: str
    positive: str
    precision: str
    recall: str
    false_alarms: str
    missed: str
    among: str


def terms(source: Source, *, positive: bool, is_of_flagged: bool) -> Terms:
    """What the page says for this label."""
    among = " among reviewed" if is_of_flagged else ""
    if source.is_truth:
        return Terms(
            title=f"Detection{among}",
            positive=_positive(source, positive=positive),
            precision=f"Precision{among}",
            recall=f"Recall{among}",
            false_alarms=f"False alarms{among}",
            missed="Missed",
            among=among,
        )
    who = f"the judge {source.judge or 'not named'}" if source.provenance == JUDGE else "labels of unstated origin"
    return Terms(
        title=f"Agreement with {who}",
        positive=_positive(source, positive=positive),
        precision="Flags it agrees with",
        recall="Of its positives, flagged",
        false_alarms="Of its negatives, flagged",
        missed="Its positives not flagged",
        among="",
    )


def _positive(source: Source, *, positive: bool) -> str:
    if source.kind == "review":
        return "suspicious or confirmed concern" if positive else "benign"
    if source.kind == "planted":
        return "planted" if positive else "not planted"
    if source.kind == "recorded":
        return "the judge's probability is at least 0.5" if positive else "the judge's probability is below 0.5"
    return f"{source.name} is {'true' if positive else 'false'}"
