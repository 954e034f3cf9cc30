"""The public sets in a folder, and which of their transcripts are clean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from monitors.formats.parsed import Parsed
from monitors.quality.families import family

REPLACED = "reasoning replaced by its authors"
_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")


@dataclass(frozen=True, slots=True)
class Source:
    """Files that are one set."""

    name: str
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A transcript of a set. `row` says in which row of a table it counts, `group` what it stays together with."""

    parsed: Parsed
    source: str
    row: str
    family: str
    group: str


def sources(folder: Path) -> list[Source]:
    """A file of records is a set, and so is a folder of native logs."""
    found = [
        Source(path.name.partition(".")[0], (path,))
        for path in sorted(folder.iterdir())
        if path.name.endswith(_SUFFIXES)
    ]
    native = folder / "native"
    if native.is_dir():
        folders = [path for path in sorted(native.iterdir()) if path.is_dir()]
        found += [Source(f"native/{path.name}", tuple(sorted(path.iterdir()))) for path in folders]
    return found


def records(source: Source, parsed: Iterable[Parsed]) -> Iterator[Record]:
    """The transcripts of a source; without a group each is its own."""
    for number, one in enumerate(parsed):
        is_replaced = one.labels.get("cot_tampered") is True
        group = one.meta.get("group")
        yield Record(
            one,
            source.name,
            f"{source.name}, {REPLACED}" if is_replaced else source.name,
            family(one.transcript.model),
            f"{source.name} row {number}" if group is None else str(group),
        )


def drawn(found: Sequence[Record], n: int | None) -> list[Record]:
    """At most `n` records, those whose ids have the lowest digests; in the order of the set."""
    if n is None or n >= len(found):
        return list(found)
    ranks = sorted(range(len(found)), key=lambda i: digest(found[i]))
    return [found[i] for i in sorted(ranks[:n])]


def digest(record: Record) -> bytes:
    """An order of records that has nothing to do with what they hold."""
    name = f"{record.source} {record.parsed.external_id} {record.parsed.transcript.id}"
    return sha256(name.encode("utf-8", "surrogatepass")).digest()


def is_payload_set(found: Sequence[Record]) -> bool:
    """Whether a payload was requested anywhere in the set: then nothing in it is clean, its rewritten texts neither."""
    return any(record.parsed.labels.get("stego") is True for record in found)
