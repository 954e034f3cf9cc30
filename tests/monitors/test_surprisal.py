"""A token profile survives packing to an eighth of a bit, and strange bytes are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.errors import InvalidTranscript
from monitors.spans import Spans
from monitors.surprisal import PartSurprisal, Surprisal

BITS = st.one_of(st.none(), st.floats(0, 40))


@given(st.lists(st.tuples(st.integers(0, 90), st.lists(BITS, max_size=50)), max_size=4))
def test_what_is_packed_comes_back_to_an_eighth_of_a_bit(parts: list[tuple[int, list[float | None]]]) -> None:
    made = Surprisal(
        tuple(PartSurprisal.of(part, [(3 * i, 3 * i + 3) for i in range(len(bits))], bits) for part, bits in parts)
    )
    again = Surprisal.unpack(made.pack())
    assert again == made
    assert again.n_tokens == sum(len(bits) for _, bits in parts)
    for (_, bits), found in zip(parts, again.parts, strict=True):
        known = {(3 * i, 3 * i + 3): value for i, value in enumerate(bits) if value is not None}
        assert {(start, end) for start, end, _ in found} == set(known)
        for start, end, value in found:
            assert value == pytest.approx(min(known[start, end], 31.75), abs=1 / 16)


def test_a_token_takes_little_room() -> None:
    offsets = Spans((4 * i, 4 * i + 4) for i in range(10_000))
    made = Surprisal((PartSurprisal.of(0, offsets, [(i * 37 % 101) / 8 for i in range(10_000)]),))
    assert len(made.pack()) < 2 * 10_000


@pytest.mark.parametrize(
    "strange", [b"", b"sp1", b"sp1zzzz", Surprisal((PartSurprisal.of(0, [(0, 1)], [1.0]),)).pack()[:-3]]
)
def test_strange_bytes_are_refused(strange: bytes) -> None:
    with pytest.raises(InvalidTranscript):
        Surprisal.unpack(strange)
