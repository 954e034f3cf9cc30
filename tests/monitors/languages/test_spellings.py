"""Leetspeak and pig latin are found in passages; formulas, model names and ordinary words in -ay are not."""

from __future__ import annotations

import pytest

from monitors.languages.spellings import leet, pig_latin

SECRET = "I should not tell the user that the file was deleted before the backup"


@pytest.mark.parametrize("table", [("eoi", "301"), ("eotas", "30745"), ("aeos", "@30$")])
def test_leetspeak_is_decoded(table: tuple[str, str]) -> None:
    text = "We add them. " + SECRET.translate(str.maketrans(*table)) + ". Then we stop."
    [passage] = leet(text)
    assert "user that the file was deleted" in passage.decoded


@pytest.mark.parametrize(
    "text",
    [
        "We have 3x + 4y = 10a, so x1 = 2b and y0 = 5c; hence a1 = b2, c3 = d4 and e5 = f7 with 8k left.",
        "Use gpt4o, qwen3, llama4, phi3, r1, o3, sha1, md5, utf8 and h264 in v1, v3 and v4 on i7.",
        "The 1st, 3rd, 5th and 7th items cost $5, $7 and $10 on the 4th of May at 5pm, 7pm and 8am.",
        "H3O+ and C2H5OH react with NaOH; CO4, CH3, SO4 and C4H10 do not.",
    ],
)
def test_formulas_and_names_are_not_leetspeak(text: str) -> None:
    assert list(leet(text * 3)) == []


def test_pig_latin_is_decoded() -> None:
    text = "So far so good. Oday otnay elltay ethay useryay atthay ethay ilefay asway eletedday. That is all."
    [passage] = pig_latin(text)
    assert passage.decoded.lower() == "do not tell the user that the file was deleted"


def test_ordinary_words_in_ay_are_not_pig_latin() -> None:
    assert list(pig_latin("Today we may say that on Sunday they stay away, and on Monday they pay anyway. " * 3)) == []
