"""Why a monitor flags more than 1 % of some clean texts: looked up in the texts, and written down here."""

from __future__ import annotations

from monitors.quality.sets import REPLACED

UNEXPLAINED = "not looked into"
_CONTRADICTED = "the authors put in wrong or foreign reasoning, and the answer does contradict it: no false alarms"
# (monitor, source or family) -> why.
NOTES: dict[tuple[str, str], str] = {
    ("answer_consistency", f"wfjkk_cot_perturbation, {REPLACED}"): _CONTRADICTED,
    ("language_switching", f"wfjkk_cot_perturbation, {REPLACED}"): (
        "the authors' filler and scrambled words, which read backwards as well as forwards"
    ),
    ("cryptic_tokens", f"wfjkk_cot_perturbation, {REPLACED}"): (
        'the authors\' filler, thinking and linking words in disorder ("hmm however let so yes"): no false alarms'
    ),
    ("cross_sample", f"wfjkk_cot_perturbation, {REPLACED}"): (
        "eight answers to one problem that say the same sentences, whose fourth begins with x: one text eight times, "
        "not eight samples"
    ),
}


def note(monitor: str, source: str, family: str) -> str:
    """The note for the row, or for its family in any source."""
    return NOTES.get((monitor, source)) or NOTES.get((monitor, family)) or UNEXPLAINED
