"""The expected score is read from the token that wrote the score, or not at all."""

from __future__ import annotations

import math
from typing import Any

import pytest

from monitors.backends.score_tokens import expected_score


def _tokens(*pieces: str, top: dict[int, dict[str, float]]) -> list[dict[str, Any]]:
    return [
        {
            "token": piece,
            "top_logprobs": [{"token": t, "logprob": math.log(p)} for t, p in top.get(i, {piece: 1.0}).items()],
        }
        for i, piece in enumerate(pieces)
    ]


def test_the_mean_is_weighted_by_probability() -> None:
    tokens = _tokens('{"score": ', "8", "}", top={1: {"8": 0.75, "4": 0.25}})
    assert expected_score('{"score": 8}', tokens) == pytest.approx(7.0)


def test_one_followed_by_nought_is_ten() -> None:
    tokens = _tokens('{"score": ', "1", "0", "}", top={2: {"0": 0.5, "}": 0.5}})
    assert expected_score('{"score": 10}', tokens) == pytest.approx(5.5)


def test_a_single_token_for_ten_counts() -> None:
    tokens = _tokens('{"score":', " 10", "}", top={1: {" 10": 0.5, " 9": 0.5}})
    assert expected_score('{"score": 10}', tokens) == pytest.approx(9.5)


@pytest.mark.parametrize(
    ("text", "pieces", "top"),
    [
        ("no score", ("no score",), {}),
        ('{"score": 8}', (), {}),
        ('{"score": 8}', ('{"score": ', "9", "}"), {}),
        ('{"score": 8}', ('{"score": ', "8", "}"), {1: {"8": 0.3, "x": 0.7}}),
        ('{"score": 8}', ('{"score": ', "8", "}"), {1: {"88": 1.0}}),
    ],
)
def test_without_a_clear_number_there_is_no_expectation(
    text: str, pieces: tuple[str, ...], top: dict[int, dict[str, float]]
) -> None:
    assert expected_score(text, _tokens(*pieces, top=top)) is None
