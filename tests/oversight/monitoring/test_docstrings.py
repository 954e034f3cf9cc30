"""Docstrings as sections."""

from __future__ import annotations

from oversight.monitoring.docstrings import Section, sections


def test_text_before_the_first_title_and_each_section_are_apart() -> None:
    doc = "Summary.\n\nFormula.\n\nParameters\n----------\nx : a number.\n\nReturns\n-------\nA score.\n"
    assert sections(doc) == (
        Section("", "Formula."),
        Section("Parameters", "x : a number."),
        Section("Returns", "A score."),
    )


def test_a_summary_alone_has_no_sections() -> None:
    assert sections("Summary.") == ()
