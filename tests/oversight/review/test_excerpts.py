"""Snippets around evidence: exact in code points, with what does not show named."""

from __future__ import annotations

import pytest

from oversight.accounts.models import Project
from oversight.review.excerpts import Piece, Place, excerpts, pieces
from tests import factories


def text_of(found: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in found)


@pytest.mark.django_db
def test_an_excerpt_is_cut_by_code_points(project: Project) -> None:
    transcript = factories.make_transcript(project, reasoning="𝒳 before [quote] after 𝒳", answer="A")
    [excerpt] = excerpts([Place(transcript.pk, 1, 9, 16)]).values()
    assert [text_of(excerpt.before), text_of(excerpt.quote), text_of(excerpt.after)] == [
        "𝒳 before ",
        "[quote]",
        " after 𝒳",
    ]


@pytest.mark.django_db
def test_the_part_counts_over_all_messages(project: Project) -> None:
    transcript = factories.make_transcript(project, prompt="P", reasoning="R", answer="Answer")
    [excerpt] = excerpts([Place(transcript.pk, 2, 0, 6)]).values()
    assert text_of(excerpt.quote) == "Answer"


@pytest.mark.django_db
def test_a_long_quote_is_cut_and_what_follows_continues_it(project: Project) -> None:
    transcript = factories.make_transcript(project, reasoning="x" * 159 + "yz" + "w" * 500)
    [excerpt] = excerpts([Place(transcript.pk, 1, 0, 600)]).values()
    assert text_of(excerpt.quote) == "x" * 159 + "y"
    assert text_of(excerpt.after) == "z" + "w" * 59


@pytest.mark.django_db
def test_a_place_outside_the_transcript_has_no_excerpt(project: Project) -> None:
    transcript = factories.make_transcript(project)
    assert excerpts([Place(transcript.pk, 99, 0, 1)]) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", [Piece("plain")]),
        ("a\u200bb", [Piece("a"), Piece("U+200B", hidden=True), Piece("b")]),
        ("\U000e0041\U000e0042", [Piece("2 tag characters", hidden=True)]),
        ("\u202e\u2066", [Piece("2 direction controls", hidden=True)]),
        ("a\u200b\u202e", [Piece("a"), Piece("2 invisible characters", hidden=True)]),
        ("👩\u200d💻 \n\t x", [Piece("👩\u200d💻 x")]),
        ("", []),
    ],
)
def test_what_does_not_show_is_named(text: str, expected: list[Piece]) -> None:
    assert list(pieces(text)) == expected
