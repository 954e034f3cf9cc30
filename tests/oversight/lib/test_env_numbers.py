"""The reader of settings that are several numbers."""

from __future__ import annotations

import pytest

from oversight import env


@pytest.mark.parametrize(("text", "values"), [("", ()), ("0.15, 0.6", (0.15, 0.6)), ("1,2,0.5", (1.0, 2.0, 0.5))])
def test_numbers_are_read(monkeypatch: pytest.MonkeyPatch, text: str, values: tuple[float, ...]) -> None:
    monkeypatch.setenv("PRICES", text)
    assert env.numbers("PRICES", least=2, most=3) == values


@pytest.mark.parametrize("text", ["1", "1,2,3,4", "1,x", "1,-2", "nan,1", "1,inf"])
def test_what_is_no_price_stops_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PRICES", text)
    with pytest.raises(env.Misconfigured, match="PRICES"):
        env.numbers("PRICES", least=2, most=3)
