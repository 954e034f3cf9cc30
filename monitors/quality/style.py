"""A classifier that knows nothing of payloads: what style alone tells of two classes of texts."""

from __future__ import annotations

import re

from monitors.quality.contrast import Contrast

_TOKEN = re.compile(r"\w+|[^\w\s]")
_FOLDS = 5
_SEED = 0


def style_scores(contrast: Contrast) -> list[float | None]:
    """Cross-fitted scores of TF-IDF (words and their pairs) and logistic regression; problems are never split.

    None where a fold cannot be fitted, because all that is left is of one class.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline

    texts = [text.text for text in contrast.texts]
    y_true = [text.is_positive for text in contrast.texts]
    groups = [text.group for text in contrast.texts]
    scores: list[float | None] = [None] * len(texts)
    n_folds = min(_FOLDS, len(set(groups)))
    if n_folds < 2:
        return scores
    folds = GroupKFold(n_folds, shuffle=True, random_state=_SEED)
    for fitted, held_out in folds.split(texts, y_true, groups):
        if len({y_true[i] for i in fitted}) < 2:
            continue
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, tokenizer=_TOKEN.findall, token_pattern=None),
            LogisticRegression(class_weight="balanced", max_iter=1000),
        )
        model.fit([texts[i] for i in fitted], [y_true[i] for i in fitted])
        for i, score in zip(held_out, model.decision_function([texts[i] for i in held_out]), strict=True):
            scores[i] = float(score)
    return scores
