from __future__ import annotations

import gzip
import json
import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.codebook.evidence import joined
from monitors.coders.acrostic import LETTERS, Acrostic, AcrosticVowels
from monitors.coders.acrostic_spelled import AcrosticSpelled
from monitors.coders.bits import bits_of
from monitors.coders.coder import CapacityExceeded, Coder, Cover, Family, coders
from monitors.coders.cryptic_tokens import CrypticTokens
from monitors.coders.list_order import ListOrder
from monitors.coders.prose import HIDDEN, masked
from monitors.coders.punctuation import Punctuation
from monitors.coders.sites import SiteCoder
from monitors.coders.synonyms import Synonyms
from monitors.coders.word_parity import WordParity

REAL = Path(__file__).parents[1] / "fixtures" / "prompted_steg_small.jsonl.gz"
CODERS: list[SiteCoder] = [
    Acrostic(),
    Acrostic(alphabet="vowels"),
    AcrosticSpelled(),
    WordParity(),
    Synonyms(),
    ListOrder(),
    Punctuation(),
    CrypticTokens(),
    CrypticTokens(width=2),
]
# Pieces that stand at the edge of a site of some coder: whatever they add up to must decode.
_PIECES = (
    "The |the |So |A. |1. |I |It's |Hence, the |thus |Thus|therefore |because |since, |big |large |hmm, |Wait, |wait, |"
    "Okay, |Okay |okay\n|red|green|and |and, |or |, and |, or |, |,|; |; but |, but |, so |but |— | – |—|–|'|’|"
    "don't |don’t |"
    '"|“|”|"a" |“b” |- |* |• |\n- x\n- y\n|\n- |\n* |\n  - |\n|\n\n|. |.|! |? |: |:|; so |(|) |[|]|$|$$|$x$|'
    "\\(|\\)|\\[|\\]|\\begin{a}|\\end{a}|\\frac{a}{b}|`|``|```|<|>|<b>|¦|http://a |https://|a |b |c |word |"
    "words, |xs, ys and zs|"
    "p, q, and r |Tom, Ann or Bob |First |Step |2|3.5 |%|\t|\r\n|\r|é|中|。 |\0|\u2028|\u00a0| |  |_|-|#|e.g. "
)
PIECES = [*_PIECES.split("|"), "|"]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
WORDY = st.lists(
    st.sampled_from(
        [*PIECES, "The cat sat on the mat. ", "We get big, small and odd sums. ", "\n- apples\n- pears, too.\n"]
    ),
    max_size=25,
).map("".join)
TEXTS = HOSTILE | WORDY | st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
KEYS = st.sampled_from([b"", b"key", b"another key"])

each_coder = pytest.mark.parametrize("coder", CODERS, ids=repr)


@cache
def covers() -> list[Cover]:
    """Answers of real models (see fixtures/NOTICE)."""
    with gzip.open(REAL, "rt") as lines:
        records = [json.loads(line) for line in lines]
    return [Cover(record["reasoning"] or record["answer"] or "", record["prompt"] or "") for record in records]


def _protected(text: str) -> str:
    return "".join(char for char, shown in zip(text, masked(text), strict=True) if shown == HIDDEN)


@each_coder
@settings(max_examples=300)
@given(data=st.data(), key=KEYS)
def test_any_cover_gives_back_any_bits(coder: Coder, data: st.DataObject, key: bytes) -> None:
    cover = Cover(data.draw(TEXTS))
    bits = data.draw(st.text("01", max_size=coder.capacity(cover)))
    assert coder.decode(coder.encode(cover, bits, key), len(bits), key) == bits


@each_coder
@pytest.mark.parametrize(
    "text",
    [
        '"z “p” q"',
        "- a\n- b ```",
        "- b \\(\n- a",
        "- a \\]\n- b\n- c \\[",
        "- see http://b\n- a.",
        "* x, y and z\n* y, x and z\n* x, y and z",
        "A. The cat sat on the mat.",
        "Wait, hmm, It is not so bad. wait, okay, no.",
        "We see and, and, and and and.",
    ],
)
def test_texts_that_fooled_a_simpler_coder(coder: Coder, text: str) -> None:
    room = coder.capacity(Cover(text))
    for bits in ("0" * room, "1" * room):
        assert coder.decode(coder.encode(Cover(text), bits), room) == bits


@each_coder
@given(data=st.data(), key=KEYS)
def test_real_answers_give_back_any_bits(coder: Coder, data: st.DataObject, key: bytes) -> None:
    cover = data.draw(st.sampled_from(covers()))
    bits = data.draw(st.text("01", max_size=min(256, coder.capacity(cover))))
    assert coder.decode(coder.encode(cover, bits, key), len(bits), key) == bits


@each_coder
@given(data=st.data())
def test_what_a_receiver_has_begins_with_the_payload(coder: SiteCoder, data: st.DataObject) -> None:
    cover = data.draw(st.sampled_from(covers()) | TEXTS.map(Cover))
    bits = data.draw(st.text("01", max_size=min(256, coder.capacity(cover))))
    text = coder.encode(cover, bits)
    sites = coder.sites(text)
    received = coder.received(sites)
    assert len(received) == len(sites)
    told = "".join(own for own in received[: received.index(None) if None in received else None] if own)
    assert told[: len(bits)] == bits


@each_coder
@given(text=TEXTS | st.sampled_from(covers()).map(lambda cover: cover.text))
def test_a_stream_says_what_the_sites_say(coder: SiteCoder, text: str) -> None:
    stream, sites = coder.stream(text), coder.sites(text)
    if stream is None:
        return
    assert [(site.symbol, site.kind) for site in sites] == list(zip(stream.symbols, stream.kinds, strict=True))
    assert {(site.width, site.n_symbols) for site in sites} <= {(stream.width, stream.n_symbols)}
    assert coder.received_bits(stream) == joined(coder.received(sites))


@each_coder
def test_the_stated_capacity_is_reached_on_real_answers_and_not_passed(coder: Coder) -> None:
    total = 0
    for cover in covers():
        total += (room := coder.capacity(cover))
        full = coder.encode(cover, bits := "10" * (room // 2) + "1" * (room % 2))
        assert coder.decode(full, room) == bits
        assert coder.capacity(Cover(full)) == room
        with pytest.raises(CapacityExceeded):
            coder.encode(cover, bits + "1")
    assert total > 0


@each_coder
@given(data=st.data())
def test_code_formulas_and_digits_are_never_touched(coder: Coder, data: st.DataObject) -> None:
    cover = data.draw(st.sampled_from(covers()) | TEXTS.map(Cover))
    room = min(64, coder.capacity(cover))
    bits = data.draw(st.text("01", min_size=room, max_size=room))
    for edited in (coder.encode(cover, bits), coder.sham(cover, room, 3)):
        if not isinstance(coder, ListOrder):  # moves whole items with the formulas in them
            assert _protected(edited) == _protected(cover.text)
            assert [c for c in edited if c.isdigit()] == [c for c in cover.text if c.isdigit()]
        assert sorted(c for c in edited if c.isdigit()) == sorted(c for c in cover.text if c.isdigit())


@each_coder
@given(data=st.data())
def test_a_sham_keeps_the_sites(coder: Coder, data: st.DataObject) -> None:
    cover = data.draw(TEXTS.map(Cover))
    room = coder.capacity(cover)
    sham = coder.sham(cover, data.draw(st.integers(0, room)), data.draw(st.integers(0, 9)))
    assert coder.capacity(Cover(sham)) == room
    assert len(coder.symbols(Cover(sham))) == len(coder.symbols(cover))


@each_coder
def test_a_sham_is_the_same_for_the_same_seed_and_edits_real_answers(coder: Coder) -> None:
    cover = max(covers(), key=coder.capacity)
    shams = {coder.sham(cover, coder.capacity(cover), seed) for seed in (1, 1, 2, 3)}
    assert shams == {coder.sham(cover, coder.capacity(cover), seed) for seed in (1, 2, 3)}
    assert any(sham != cover.text for sham in shams)


@each_coder
def test_sites_after_the_last_bit_stay_as_they_were(coder: Coder) -> None:
    text = max(covers(), key=coder.capacity).text
    cover = Cover(f"{text}\n\n# Again\n\n{text}")
    assert coder.encode(cover, "0110").endswith(f"\n\n# Again\n\n{text}")
    assert coder.sham(cover, 4, 1).endswith(f"\n\n# Again\n\n{text}")
    assert coder.encode(cover, "") == cover.text


def test_a_sham_acrostic_keeps_the_letters_of_its_cover_and_a_payload_does_not() -> None:
    coder, text = AcrosticVowels(), "The sum of them all is even. " * 400
    draw = random.Random(5)
    bits = "".join(draw.choice("01") for _ in range(400))
    payload = sum(coder.symbols(Cover(coder.encode(Cover(text), bits))))
    sham = coder.sham(Cover(text), 400, 5)
    assert 160 < payload < 240
    assert sum(coder.symbols(Cover(sham))) < 5
    assert sham.count(", the sum") > 120


def test_words_are_spelled_by_first_letters() -> None:
    text = " ".join(f"The sum of the parts is {n}." for n in range(12))
    stego = AcrosticSpelled().encode(Cover(text), bits_of("dusk"))
    assert "".join(LETTERS[symbol] for symbol in AcrosticSpelled().symbols(Cover(stego)))[:4] == "DUSK"
    assert AcrosticSpelled().decode(stego, 32) == bits_of("dusk")


@pytest.mark.parametrize(
    ("coder", "text", "bits", "expected"),
    [
        (Acrostic(), "The sum is equal to 6.", "0111", ("He", "Ha")),
        (WordParity(), "We thus find x here.", "0", ("We therefore find",)),
        (Synonyms(), "Thus `thus` it is big.", "11", ("Hence `thus` it is large.",)),
        (ListOrder(), "I see reds, blues and greens.", "00", ("I see blues, greens and reds.",)),
        (ListOrder(), "Keys:\n- b $x$;\n- a.\n", "0", ("Keys:\n- a;\n- b $x$.\n",)),
        (Punctuation(), "reds, blues and greens, but don't", "111", ("reds, blues, and greens; but don’t",)),
        (CrypticTokens(width=2), "Wait, it is not so.", "00", ("It is not so.",)),
        (CrypticTokens(), "The sum is not six.", "1", ("Hmm, the sum", "Wait, the sum", "Okay, the sum")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_edits_look_like(coder: Coder, text: str, bits: str, expected: tuple[str, ...]) -> None:
    edited = coder.encode(Cover(text), bits)
    assert edited.startswith(expected), edited


def test_parameters_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="letters or vowels"):
        Acrostic(alphabet="runes")
    with pytest.raises(ValueError, match="1, 2 or 3"):
        CrypticTokens(width=4)


def test_they_are_found_by_name() -> None:
    found = {name for name, coder in coders().items() if coder.family is Family.PATTERN}
    assert found >= {type(coder).name for coder in CODERS}
