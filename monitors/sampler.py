"""How a model's tokens were drawn, as the request asked: what a test of its choices must know."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

_PENALTIES = {
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "repetition_penalty": 1.0,
}
_FOLDERS = ("options", "generationConfig", "inferenceConfig", "sampling_params")
_NAMES = {"topP": "top_p", "topK": "top_k", "minP": "min_p", "repeat_penalty": "repetition_penalty"}
_KNOWN = frozenset({"temperature", "top_p", "top_k", "min_p", "logit_bias", *_PENALTIES})


@dataclass(frozen=True, slots=True)
class Sampler:
    """`temperature` is None when nobody said it. `top_k` 0 and `top_p` 1 keep all tokens.

    `altered` names settings that change the model's distribution in ways that depend on what was written before.
    """

    temperature: float | None = None
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    altered: tuple[str, ...] = ()

    @classmethod
    def of(cls, meta: Mapping[str, object]) -> Sampler | None:
        """From `request.*` entries of a transcript's meta; None when they say nothing of sampling."""
        found = _settings(meta)
        if not found:
            return None
        altered = [name for name, neutral in _PENALTIES.items() if _number(found.get(name), neutral) != neutral]
        altered += ["logit_bias"] * bool(found.get("logit_bias"))
        temperature = found.get("temperature")
        return cls(
            temperature=_number(temperature, 1.0) if temperature is not None else None,
            top_p=min(1.0, _number(found.get("top_p"), 1.0)) or 1.0,
            top_k=max(0, int(_number(found.get("top_k"), 0.0))),
            min_p=max(0.0, _number(found.get("min_p"), 0.0)),
            altered=tuple(altered),
        )


def _settings(meta: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in meta.items():
        name = key.removeprefix("request.")
        if name == key:
            continue
        if name in _FOLDERS and isinstance(value, Mapping):
            found |= {_NAMES.get(str(inner), str(inner)): one for inner, one in value.items()}
        else:
            found[_NAMES.get(name, name)] = value
    return {name: value for name, value in found.items() if name in _KNOWN and value is not None}


def _number(value: object, default: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return default
    return float(value)
