from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.formats.think_tags import parts, split
from monitors.transcript import PartType, Visibility


def read(content: str) -> list[tuple[str, str]]:
    return [(part.type.value, part.text) for part in parts(content, source="content")[0]]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("plain", [("text", "plain")]),
        ("<think>a</think>b", [("reasoning", "a"), ("text", "b")]),
        ("<think>\na\n</think>\n\nb", [("reasoning", "\na\n"), ("text", "\n\nb")]),
        ("a\n</think>\n\nb", [("reasoning", "a\n"), ("text", "\n\nb")]),
        ("<think>a", [("reasoning", "a")]),
        ("<thinking>a</thinking>b", [("reasoning", "a"), ("text", "b")]),
        ("<THINK>a</THINK>b", [("reasoning", "a"), ("text", "b")]),
        ("<think>a<think>b</think>c</think>d", [("reasoning", "a<think>b</think>c"), ("text", "d")]),
        (
            "x <think>a</think> y <think>b</think> z",
            [("text", "x "), ("reasoning", "a"), ("text", " y "), ("reasoning", "b"), ("text", " z")],
        ),
        ("◁think▷a◁/think▷b", [("reasoning", "a"), ("text", "b")]),
        (
            "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b",
            [("reasoning", "a"), ("text", "b")],
        ),
        ("<think>\n\n</think>\n\nb", [("text", "\n\nb")]),
        ("Use `<think>` and `</think>`.", [("text", "Use `<think>` and `</think>`.")]),
        ("done<|end|>", [("text", "done<|end|>")]),
        ("", []),
    ],
)
def test_content_is_cut_at_the_outermost_tags(content: str, expected: list[tuple[str, str]]) -> None:
    assert read(content) == expected


def test_attributes_of_the_opening_tag_are_kept() -> None:
    (part, _), _ = parts('<think signature="s1" redacted="true">x</think>y', source="content")
    assert (part.signature, part.visibility, part.source) == ("s1", Visibility.REDACTED, "content:think")
    assert part.extra["attributes"] == 'signature="s1" redacted="true"'


@pytest.mark.parametrize(
    ("content", "note"), [("a</think>b", "think_tag_not_opened"), ("<think>a", "think_tag_not_closed")]
)
def test_irregular_tags_leave_a_note(content: str, note: str) -> None:
    assert parts(content, source="content")[1] == (note,)


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "a", " ", "\n", "<think x='1'>", "`"]), max_size=12).map("".join)
)
def test_pieces_are_exact_and_do_not_overlap(content: str) -> None:
    position = 0
    for piece in split(content).pieces:
        assert position <= piece.start <= piece.end <= len(content)
        position = piece.end
    for part in parts(content, source="content")[0]:
        assert part.text in content
        assert part.type in (PartType.TEXT, PartType.REASONING)


def test_each_part_knows_its_place_in_the_content() -> None:
    content = "x<think>a</think>b"
    spans = [part.extra["char_span_in_raw"] for part in parts(content, source="content")[0]]
    assert spans == [[0, 1], [8, 9], [17, 18]]
