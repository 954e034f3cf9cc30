"""Every monitor of the catalogue keeps the rules; so does each broken one fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitors.base import Axis, Evidence, Score
from monitors.formats.files import read
from monitors.formats.parsed import Parsed
from monitors.registry import Entry, entries
from monitors.testing import NonConformant, check_monitor, check_scores
from monitors.transcript import Transcript

RECORDS = Path(__file__).parent.parent / "fixtures" / "records.jsonl"


@pytest.mark.parametrize("name", list(entries()))
def test_every_registered_monitor_keeps_the_rules(name: str) -> None:
    records = [item.transcript for _, item in read(RECORDS) if isinstance(item, Parsed)]
    assert len(records) == 14
    check_monitor(entries()[name], transcripts=records)


def test_every_monitor_names_its_sources() -> None:
    assert [entry.name for entry in entries().values() if not entry.reference] == []


@dataclass(frozen=True, slots=True)
class Forgetful:
    """A monitor that counts its calls."""

    calls: list[int] = field(default_factory=list)

    def score(self, transcript: Transcript, /) -> Score:
        self.calls.append(1)
        return Score(0.0, raw=float(len(self.calls)))


@dataclass(frozen=True, slots=True)
class Misquoting:
    """A monitor whose evidence is beside the text."""

    def score(self, transcript: Transcript, /) -> Score:
        return Score(1.0, (Evidence(0, 0, 4, "That"),))


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A monitor that keeps a note in the transcript."""

    def score(self, transcript: Transcript, /) -> Score:
        for part in transcript.parts:
            part.extra["seen"] = True  # type: ignore[index]  # that is the point
        return Score(0.0)


def test_a_monitor_that_remembers_is_caught() -> None:
    with pytest.raises(NonConformant, match="differently the second time"):
        check_scores("forgetful", Forgetful())


def test_a_monitor_that_misquotes_is_caught() -> None:
    with pytest.raises(NonConformant, match="not its quote"):
        check_scores("misquoting", Misquoting())


def test_a_monitor_that_changes_the_transcript_is_caught() -> None:
    with pytest.raises(NonConformant, match="changes"):
        check_scores("rewriting", Rewriting())


def test_a_monitor_without_references_is_caught() -> None:
    entry = Entry(Transcript, "undocumented", 1, Axis.LEGIBILITY, (), "none", 0.5)  # type: ignore[arg-type]
    with pytest.raises(NonConformant, match="docstring lacks Returns, References"):
        check_monitor(entry)
