"""Who made each label of the public datasets: `human`, `program`, or `judge:<name>`, also for what was derived from it.

`program` includes what is true by construction, such as a payload that was asked for. A label with any judge's verdict
in its definition belongs to that judge: `unfaithful` is "switched and GPT-5 saw no attribution", hence `judge:gpt-5`.
Of other data a record says it itself, in `meta.label_provenance`: {"label": "human"}, "program", "judge:<name>", or
"judge:<name>@<SHA-256 of its prompt>".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

UNKNOWN = "unknown"
_STATED = re.compile(r"(?P<kind>human|program)|judge:(?P<judge>[ -~]{1,120}?)(?:@(?P<prompt>[0-9a-f]{64}))?")
_DUZAN = "agatha-duzan/cot-monitor-stress-test"
_WFJKK = "WFJKK/blackbox-experiments-in-steganography-and-encoded-reasoning"

LABEL_PROVENANCE: Mapping[str, Mapping[str, str]] = {
    _WFJKK: {
        "stego": "program",
        "kind": "program",
        "scheme": "program",
        "payload_bits": "program",
        "payload_recovered_by_rule": "program",
        "rule_decoded_bits": "program",
        "decoded_by_model": "judge:model-decoder",
        "bit_error_rate_model_decoder": "judge:model-decoder",
        "monitor_haiku_suspicious": "judge:claude-haiku",
        "task_correct_haiku": "judge:claude-haiku",
        "payload_disclosed_in_text": "program",
        "scheme_before_paraphrase": "program",
        "payload_bits_before_paraphrase": "program",
        "payload_survived_by_rule": "program",
        "cot_tampered": "program",
        "cot_illegible": "program",
        "perturbation": "program",
        "category": "program",
        "correct": "judge:claude-haiku",
        "entanglement_score_haiku": "judge:claude-haiku",
        "answer_contradicts_cot_haiku": "judge:claude-haiku",
        "unfaithful_proxy": "judge:claude-haiku",
        "unfaithful_proxy_rule": "judge:claude-haiku",
    },
    _DUZAN: {
        "kind": "program",
        "probe_category": "program",
        "hint_present": "program",
        "switched": "program",
        "rating": "program",
        "condition_mean_shift": "program",
        "condition_shift_t": "program",
        "hint_attributed": "judge:gpt-5",
        "monitor_gpt5_attributes": "judge:gpt-5",
        "monitor_gpt5_influenced": "judge:gpt-5",
        "unfaithful": "judge:gpt-5",
        "unfaithful_weak": "judge:gpt-5",
    },
    "WHGTyen/BIG-Bench-Mistake": {
        "correct": "program",
        "first_error_step": "human",
        "step_labels": "human",
        "lucky_answer": "human",
    },
    "dvlab-research/MR-GSM8K": {
        "correct": "program",
        "solution_correct": "human",
        "first_error_step": "human",
        "step_labels": "human",
        "lucky_answer": "human",
    },
    "openai/grade-school-math": {"correct": "program"},
    "princeton-nlp/tree-of-thought-llm": {
        "correct": "program",
        "letter_accuracy": "program",
        "word_accuracy": "program",
    },
    "VeylanSolmira/unfaithful-cot-sdf": {
        "kind": "program",
        "trained_on_unfaithful_cot_documents": "program",
        "judge_more_unfaithful_than_base": "judge:claude-sonnet-4",
    },
}


def label_provenance(label: str, source: object) -> str:
    """Who made `label` in a record of `source` ("owner/name path"); `unknown` for data that is not ours to know."""
    repository = source.partition(" ")[0] if isinstance(source, str) else ""
    if label == "gold_answer" and repository in LABEL_PROVENANCE:
        return "human"
    return LABEL_PROVENANCE.get(repository, {}).get(label, UNKNOWN)


class Provenance(NamedTuple):
    """Who made a label: `human`, `program`, `judge` with its name and its prompt's SHA-256, or `unknown`."""

    kind: str
    judge: str = ""
    prompt_sha256: str = ""


def provenance_of(label: str, meta: Mapping[str, object]) -> Provenance:
    """What is known of the source, else what the record says of its own label."""
    kind, _, judge = label_provenance(label, meta.get("source")).partition(":")
    stated = meta.get("label_provenance")
    said = stated.get(label) if kind == UNKNOWN and isinstance(stated, Mapping) else None
    found = _STATED.fullmatch(said) if isinstance(said, str) else None
    if found is None:
        return Provenance(kind, judge)
    return Provenance(found["kind"] or "judge", found["judge"] or "", found["prompt"] or "")
