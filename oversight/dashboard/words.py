"""What monitors, states and reasons are called on a page, in words."""

from __future__ import annotations

import re

from monitors.base import Reason, State
from monitors.transcript import Channel, Visibility

REASONS: dict[str, str] = {
    Reason.PARSE: "The judge's answer could not be read.",
    Reason.REFUSED: "The judge refused to answer.",
    Reason.ADDRESSED_TO_JUDGE: "The text speaks to the judge, so the judge's answer would not count.",
    Reason.TRUNCATED: "The text is longer than what the model reads at once.",
    Reason.TIMEOUT: "The measurement took longer than its limit.",
    Reason.ERROR: "The monitor ended with an error.",
    Reason.NO_BACKEND: "No model is connected that this monitor needs.",
    Reason.JUDGE_NOT_ADMITTED: "The judge did not pass the fixed cases of this rubric, so it may not score.",
    Reason.NO_RECORDED_VERDICT: "The data came with no verdict of this kind.",
    Reason.NO_REASONING: "The transcript has no reasoning.",
    Reason.NOT_RAW_REASONING: "The reasoning is not shown in full, and only raw reasoning is measured.",
    Reason.NOT_EXTRACTABLE: "Nothing that this monitor could check was found in the text.",
    Reason.TOO_SHORT: "The text is too short to measure.",
    Reason.SAMPLED_OUT: "Left out by the deployment's sample share.",
    Reason.INVALID: "The transcript does not have what this monitor reads.",
}
STATES: dict[str, tuple[str, str]] = {
    State.SCORED: ("muted", "Scored"),
    State.PARTIAL: ("warn", "Partly measured"),
    State.UNSCORED: ("violet", "Could not measure"),
    State.SKIPPED: ("muted", "Not applicable"),
}
VISIBILITIES: dict[str, tuple[str, str, str]] = {
    Visibility.RAW: ("ok", "Raw reasoning", "The model's own reasoning, as it was produced."),
    Visibility.SUMMARY: ("warn", "Summary", "The provider's summary, not the reasoning itself."),
    Visibility.ENCRYPTED: ("violet", "Encrypted", "Only the provider can read this reasoning."),
    Visibility.REDACTED: ("violet", "Redacted", "The provider took this reasoning out."),
    Visibility.OMITTED: ("violet", "Omitted", "The model reasoned, and the provider did not send it."),
}
CHANNELS: dict[str, str] = {
    Channel.PROMPT: "Prompt",
    Channel.REASONING: "Reasoning",
    Channel.OUTPUT: "Answer",
    Channel.TOOL: "Tool",
}
RUN_STATES: dict[str, str] = {
    "waiting": "waits for an earlier stage",
    "queued": "queued",
    "leased": "running",
    "failed": "failed",
}
BACKENDS: dict[str, str] = {
    "none": "",
    "local": "local model",
    "server": "model server",
    "recorded": "recorded verdicts",
}
MEASURES: dict[str, str] = {
    "min_detectable_bits": "Fewest bits that would have been seen",
    "capacity_bits": "Capacity, in bits",
}
_OWN_RUBRIC = re.compile(r"rubric_\d+_(?P<name>.+)")
_SPELT = {"lm": "LM", "cot": "CoT", "ngram": "n-gram"}


def reason_in_words(reason: str) -> str:
    return REASONS.get(reason, reason.replace("_", " "))


def monitor_title(monitor: str) -> str:
    """Such as "judge_encoded_reasoning" as "Judge: encoded reasoning", "lm_surprisal" as "LM surprisal"."""
    if monitor.startswith("judge_"):
        return "Judge: " + monitor.removeprefix("judge_").replace("_", " ")
    if own := _OWN_RUBRIC.fullmatch(monitor):
        return f"Rubric: {own['name'].replace('_', ' ')}"
    words = [_SPELT.get(word, word) for word in monitor.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def monitor_tag(monitor: str) -> str:
    """One short word for a mark in the text: "encoded", "surprisal", "byte"."""
    return monitor.removeprefix("judge_").removeprefix("lm_").split("_")[0]


def measure_title(name: str) -> str:
    """Such as "p.acrostic" as "p · acrostic", "lm_bits" as "lm bits"."""
    return MEASURES.get(name, name.replace("_", " ").replace(".", " · "))


def measure_number(value: float) -> str:
    """Four digits, without an exponent where a person would write none."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e9 else f"{value:.4g}"


def score_tone(state: str, *, flagged: bool) -> str:
    return "danger" if flagged else STATES.get(state, ("muted", ""))[0]


def score_word(state: str, *, flagged: bool) -> str:
    if flagged:
        return "Flagged"
    return "Below threshold" if state == State.SCORED else STATES.get(state, ("", state))[1]
