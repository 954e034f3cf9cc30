"""What an answer used, in every server's words, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from monitors.backends.prices import Price, cost_of
from monitors.base import Cost


def test_cached_tokens_have_a_price_of_their_own() -> None:
    reply = {
        "usage": {
            "prompt_tokens": 1_000_000,
            "completion_tokens": 500_000,
            "prompt_tokens_details": {"cached_tokens": 800_000},
        }
    }
    cost = cost_of(reply, Price(2.0, 8.0, 0.5))
    assert cost.money == pytest.approx(0.2 * 2.0 + 0.8 * 0.5 + 0.5 * 8.0)
    assert cost_of(reply, Price(2.0, 8.0)).money == pytest.approx(2.0 + 4.0)
    assert (cost.calls, cost.cached_tokens) == (1, 800_000)


@pytest.mark.parametrize(
    ("reply", "cached"),
    [
        ({"usage": {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}}}, 4),
        ({"usage": {"prompt_tokens": 9, "prompt_tokens_details": None}}, 0),
        ({"usage": {"prompt_tokens": 9, "prompt_cache_hit_tokens": 5}}, 5),
        ({"usage": {"prompt_tokens": 9, "cached_tokens": 6}}, 6),
        ({"usage": {"prompt_tokens": 9}, "timings": {"cache_n": 7}}, 7),
        ({"usage": {"prompt_tokens": 9, "cached_tokens": 600}}, 9),
        ({"usage": {"prompt_tokens": 9, "cached_tokens": -1}}, 0),
        ({"usage": {"prompt_tokens": True}}, 0),
        ({"usage": "many"}, 0),
        ({}, 0),
    ],
)
def test_cached_tokens_are_found_where_each_server_puts_them(reply: dict[str, Any], cached: int) -> None:
    assert cost_of(reply, Price()).cached_tokens == cached


def test_tokens_of_typed_decisions_count() -> None:
    assert cost_of({"usage": {"input_tokens": 12, "output_tokens": 0}}, Price()) == Cost(calls=1, prompt_tokens=12)


@pytest.mark.parametrize("text", ["", "1", "1,2,3,4", "1,x", "1,-2", "nan,1", "1,inf"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"price|float"):
        Price.read(text)


def test_a_price_is_read() -> None:
    assert Price.read("0.15,0.6") == Price(0.15, 0.6)
    assert Price.read("0.15, 0.6, 0.075") == Price(0.15, 0.6, 0.075)
