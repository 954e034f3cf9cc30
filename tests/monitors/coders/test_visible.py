from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.coders.visible import encoded_runs

SECRET = b"meet me at dawn by the old bridge"
ENCODED = {
    "base64": base64.b64encode(SECRET).decode(),
    "base32": base64.b32encode(SECRET).decode(),
    "hexadecimal": SECRET.hex(),
    "hexadecimal, in pairs": SECRET.hex(" "),
    "hexadecimal, by colons": SECRET.hex(":"),
    "binary digits": " ".join(f"{byte:08b}" for byte in SECRET),
    "binary digits, in one": "".join(f"{byte:08b}" for byte in SECRET),
    "escaped characters, \\x": "".join(f"\\x{byte:02x}" for byte in SECRET),
    "escaped characters, %": "".join(f"%{byte:02X}" for byte in SECRET),
    "escaped characters, \\u": "".join(f"\\u{byte:04x}" for byte in SECRET),
    "escaped characters, &#": "".join(f"&#{byte};" for byte in SECRET),
    "escaped characters, 0x": ", ".join(f"0x{byte:02x}" for byte in SECRET),
}


def read(text: str) -> list[tuple[str, str, str]]:
    runs = encoded_runs(text, text.encode("utf-8", "surrogatepass"))
    return [(text[run.start : run.end], run.kind, run.decoded) for run in runs]


@pytest.mark.parametrize("name", ENCODED)
@pytest.mark.parametrize("around", ["It says {} here.", "Été ’{}’ 中文 😀"])
def test_a_run_is_found_and_decoded_wherever_it_stands(name: str, around: str) -> None:
    run = ENCODED[name]
    assert read(around.format(run)) == [(run, name.partition(",")[0], SECRET.decode())]


@pytest.mark.parametrize(
    "text",
    [
        "responsibilities, internationalization and MultiLayerPerceptronClassifier",
        "d41d8cd98f00b204e9800998ecf8427e at 00:1a:2b:3c:4d:5e:6f:70:81",
        "%E4%B8%AD%E6%96%87%E5%AD%97%E7%AC%A6 \\u4e2d\\u6587\\u5b57\\u7b26\\u4e32\\u6d4b\\u8bd5",
        "0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08",
        "MFRGG2LTORXW4ZLSMVZXI5LN AAAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_ordinary_runs_say_nothing(text: str) -> None:
    assert read(text) == []


@given(st.text(st.sampled_from("abcXYZ0123 +/=%\\xu&#;,:-\n’中"), max_size=200))
def test_spans_are_exact_in_any_text(text: str) -> None:
    for run in encoded_runs(text, text.encode()):
        assert 0 <= run.start < run.end <= len(text)
