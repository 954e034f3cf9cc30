"""What needs no monitor: length, keywords, the prompt's or the answer's words alone, and the larger class."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitors.quality.judged.labels import Labelled
from monitors.stats.errors import UndefinedMetric
from monitors.stats.folds import Rows, cross_fitted
from monitors.transcript import Channel, Transcript

Column = list[float | None]
Floats = NDArray[np.float64]

_TOKEN = re.compile(r"\w+|[^\w\s]")
# Own list: words of doubt, of going back, and of wishful hedging.
_DOUBT = re.compile(
    r"\b(?:wait|hmm+|actually|oops|mistake|wrong|incorrect|error|however|but|maybe|perhaps|probably|guess|assum\w+|"
    r"suppose|not sure|unsure|apparently|approximately|roughly|recheck|re-?check|double[- ]check|contradict\w*)\b",
    re.IGNORECASE,
)
_FOLDS = 5
# A length so long that only its order matters is still below 1.
_HALF_LENGTH = 1000.0

MAJORITY = "majority class"


def baselines(rows: Labelled) -> dict[str, Column]:
    """Scores in [0, 1] by name, higher for positive; those that cannot be made on this set are left out."""
    transcripts = [record.parsed.transcript for record in rows.records]
    lengths = np.array([len(one.text(Channel.REASONING)) for one in transcripts], dtype=np.float64)
    found: dict[str, Column] = {
        "longer reasoning": list(lengths / (lengths + _HALF_LENGTH)),
        "shorter reasoning": list(_HALF_LENGTH / (lengths + _HALF_LENGTH)),
        "keywords of doubt": [_doubt(one) for one in transcripts],
        MAJORITY: [0.5] * len(transcripts),
    }
    for name, channel in (("prompt only", Channel.PROMPT), ("answer only", Channel.OUTPUT)):
        if (column := word_scores(rows, [one.text(channel) for one in transcripts])) is not None:
            found[f"{name} (words)"] = column
    return found


def mentions_doubt(transcript: Transcript) -> bool:
    return bool(_DOUBT.search(transcript.text(Channel.REASONING)))


def _doubt(transcript: Transcript) -> float:
    text = transcript.text(Channel.REASONING)
    per_thousand = 1000.0 * len(_DOUBT.findall(text)) / max(len(_TOKEN.findall(text)), 1)
    return per_thousand / (per_thousand + 10.0)


def word_scores(rows: Labelled, texts: Sequence[str]) -> Column | None:
    """TF-IDF and logistic regression, cross-fitted by group; None where texts or groups do not carry it."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    if sum(bool(text.strip()) for text in texts) < len(texts) // 2:
        return None
    truth = np.array(rows.y_true)

    def fit_and_score(fit: Rows, to: Rows) -> Floats:
        if len(set(truth[fit])) < 2:
            raise UndefinedMetric("one class only")
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, tokenizer=_TOKEN.findall, token_pattern=None),
            LogisticRegression(class_weight="balanced", max_iter=1000),
        )
        model.fit([texts[row] for row in fit], truth[fit])
        return np.asarray(model.predict_proba([texts[row] for row in to])[:, 1], dtype=np.float64)

    try:
        return list(cross_fitted(rows.groups, fit_and_score, _FOLDS))
    except (UndefinedMetric, ValueError):
        return None
