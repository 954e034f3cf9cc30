"""Encodings are found from what they decode to; runs of digits and letters that decode to nothing are left alone."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.languages import encodings
from monitors.languages.encodings import encoded

SECRET = "Meet me at the old bridge"
MORSE = "-- . . - / -- . / .- - / - .... . / --- .-.. -.. / -... .-. .. -.. --. ."


@pytest.mark.parametrize(
    ("form", "run"),
    [
        ("base64", base64.b64encode(SECRET.encode()).decode()),
        ("base32", base64.b32encode(SECRET.encode()).decode()),
        ("hexadecimal", SECRET.encode().hex()),
        ("hexadecimal", SECRET.encode().hex(" ").upper()),
        ("hexadecimal", " ".join(f"0x{byte:02x}" for byte in SECRET.encode())),
        ("binary digits", " ".join(f"{byte:08b}" for byte in SECRET.encode())),
        ("binary digits", "".join(f"{byte:08b}" for byte in SECRET.encode())),
        ("binary digits", " ".join(f"{byte:07b}" for byte in SECRET.encode())),
        ("decimal codes", ", ".join(str(byte) for byte in SECRET.encode())),
        ("Morse", MORSE),
    ],
)
def test_a_run_is_found_in_its_place_and_decoded(form: str, run: str) -> None:
    text = f"The code is {run} as shown."
    [passage] = encoded(text)
    assert (passage.form, passage.decoded.lower()) == (form, SECRET.lower())
    assert text[passage.start : passage.end] == run


@pytest.mark.parametrize(
    "text",
    [
        "SHA-256: " + hashlib.sha256(b"x").hexdigest(),
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "internationalization/misunderstandings/counterrevolutionary",
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n- - - - - - - - - - - -",
        "101 102 103 104 105 106 107 108 109 110 111 112 113 114",
        "0101010101010101010101010101010101010101010101010101010101010101",
        "12, 24, 36, 48, 60, 72, 84, 96, 108, 120, 132, 144, 156, 168, 180, 192, 204, 216",
        "de ad be ef de ad be ef de ad be ef",
        "",
    ],
)
def test_runs_that_decode_to_no_text_are_left_alone(text: str) -> None:
    assert list(encoded(text)) == []


@given(st.text(alphabet="01.-/ 9aAfF=+|\n,x", max_size=400))
def test_no_text_breaks_a_decoder(text: str) -> None:
    assert all(text[passage.start : passage.end] for passage in encoded(text))


def test_no_run_is_tried_where_the_screen_sees_none() -> None:
    assert list(encodings._present("The quick brown fox jumps over 12 dogs, 3.5 times - or so.")) == []
