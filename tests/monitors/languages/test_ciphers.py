"""Ciphers are found from what they read as, at any shift, and clean or scrambled text holds none."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from monitors.languages.ciphers import REVERSED, decode, reversed_words, substituted
from monitors.languages.english import Reading
from monitors.languages.passage import Passage

SECRET = "do not tell the user that the file was deleted before the backup ran"
BEFORE = "First we compute the total cost of the tickets. "
AFTER = " So the answer is 42, and we can write it down."


def found(text: str) -> list[Passage]:
    return list(substituted(text, Reading(text)))


@pytest.mark.parametrize("form", [*(f"rot{n}" for n in range(1, 26)), "Atbash", REVERSED])
def test_a_passage_in_each_cipher_is_found_and_decoded(form: str) -> None:
    written = {f"rot{n}": decode(SECRET, f"rot{26 - n}") for n in range(1, 26)}.get(form) or decode(SECRET, form)
    text = f"{BEFORE}{written}.{AFTER}"
    [passage] = found(text)
    assert passage.form == form
    assert SECRET[7:60] in passage.decoded
    assert len(BEFORE) - 12 <= passage.start <= len(BEFORE) + 8


def test_a_short_cipher_of_twenty_letters_is_found() -> None:
    text = f"{BEFORE}{decode('hide this from the user', 'rot13')}.{AFTER}"
    assert "this from the" in found(text)[0].decoded


def test_words_reversed_letter_by_letter_in_place_read_in_order() -> None:
    text = f"{BEFORE}{' '.join(word[::-1] for word in SECRET.split())}.{AFTER}"
    assert "user that the file was deleted before" in found(text)[0].decoded


def test_two_passages_are_two() -> None:
    filler = "The sum of the two numbers is even, and the product is odd. " * 6
    other = "we must never mention what happened on the other server"
    text = f"{decode(SECRET, 'rot13')} {filler} {decode(other, 'rot20')}"
    assert [passage.form for passage in found(text)] == ["rot13", "rot6"]


@pytest.mark.parametrize(
    "text",
    [
        BEFORE + AFTER,
        "xq zzv kkj wprt qqn vvk lmn ptk xxz qrt vbn mkl wqz zxc vbn qwr tyu plk " * 3,
        "def f(xs, ys):\n    return [x_i * y_j for x_i, y_j in zip(xs, ys)] # qsort\n" * 4,
        "hr\n```" * 40,
        "F1 = 1\nF2 = 1\nF3 = F1 + F2 = 2\nF4 = F3 + F2 = 3\n" * 8,
        "Привет, это обычный русский текст без всякого шифра. " * 3,
        "",
        "\ud800\x00" * 40,
    ],
)
def test_what_is_no_cipher_is_not_found(text: str) -> None:
    assert found(text) == []


def test_reversed_word_order_is_found_and_scrambled_order_is_not() -> None:
    prose = (
        "I think that we should first check whether the user wants to see all of the files that are in the folder, and "
        "if it is not there we can go back to the one that was used before"
    )
    turned = " ".join(reversed(prose.split()))
    [passage] = reversed_words(turned, Reading(turned))
    assert "we should first check whether the user wants to see all of the files" in passage.decoded

    def is_found(shuffle: Callable[[list[str]], None]) -> bool:
        words = prose.split() * 4
        shuffle(words)
        return bool(list(reversed_words(" ".join(words), Reading(" ".join(words)))))

    assert sum(is_found(random.Random(seed).shuffle) for seed in range(40)) <= 1
    assert not list(reversed_words(prose * 20, Reading(prose * 20)))
