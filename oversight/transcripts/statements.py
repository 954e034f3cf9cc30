"""The statement that stores a batch but for its messages, or one transcript whole; only `services` executes it.

Values come as arrays, one element a row, in binary form. A head is inserted unless its name is taken; payload, labels
and the rest only for the heads that were. All batches insert in the order of names and digests, so that two with
common records cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns with their types."""

    columns: tuple[tuple[str, str], ...]

    @property
    def arrays(self) -> str:
        return ", ".join(f"%({{prefix}}_{name})s::{kind}[]" for name, kind in self.columns)

    @property
    def values(self) -> str:
        return ", ".join(f"%({{prefix}}_{name})s::{kind}" for name, kind in self.columns)

    @property
    def names(self) -> str:
        return ", ".join(name for name, _ in self.columns)


HEADS = Rows(
    (
        ("id", "uuid"),
        ("external_id", "text"),
        ("sha256", "bytea"),
        ("size_bytes", "int4"),
        ("body_zstd", "bytea"),
        ("model", "text"),
        ("checkpoint", "text"),
        ("run", "text"),
        ("format", "text"),
        ("visibility", "text"),
        ("finish_reason", "text"),
        ("n_steps", "int4"),
        ("n_chars", "int4"),
        ("input_tokens", "int4"),
        ("output_tokens", "int4"),
        ("reasoning_tokens", "int4"),
        ("notes", "text"),
        ("planted", "bool"),
    )
)
BESIDE = {
    "label": Rows(
        (
            ("transcript_id", "uuid"),
            ("name", "text"),
            ("value", "text"),
            ("provenance", "text"),
            ("judge", "text"),
            ("prompt_sha256", "text"),
        )
    ),
    "metadata": Rows((("transcript_id", "uuid"), ("meta", "text"))),
    "recordedverdict": Rows(
        (
            ("transcript_id", "uuid"),
            ("rubric", "text"),
            ("judge", "text"),
            ("p_positive", "float8"),
            ("rationale", "text"),
            ("provenance", "text"),
        )
    ),
}
_STORE = """
WITH given AS MATERIALIZED (SELECT * FROM {given} AS g ({names})),
heads AS (
    INSERT INTO transcripts_transcript (
        id, project_id, model_run_id, external_id, payload_sha256, payload_bytes, batch_id, format, received_at,
        visibility, finish_reason, n_steps, n_chars, input_tokens, output_tokens, reasoning_tokens, notes, planted)
    SELECT g.id, %(project)s::bigint, r.id, g.external_id, g.sha256, g.size_bytes, %(batch)s::uuid, g.format,
        %(now)s::timestamptz, g.visibility, g.finish_reason, g.n_steps, g.n_chars, g.input_tokens, g.output_tokens,
        g.reasoning_tokens, g.notes, g.planted
    FROM given g JOIN transcripts_modelrun r
      ON r.project_id = %(project)s::bigint AND r.model = g.model AND r.checkpoint = g.checkpoint AND r.name = g.run
    ORDER BY g.external_id COLLATE "C"
    ON CONFLICT DO NOTHING
    RETURNING id
),
payloads AS (
    INSERT INTO transcripts_rawpayload (project_id, sha256, month, size_bytes, body_zstd, received_at)
    SELECT DISTINCT ON (g.sha256) %(project)s::bigint, g.sha256, %(month)s::date, g.size_bytes, g.body_zstd,
        %(now)s::timestamptz
    FROM given g JOIN heads USING (id)
    ORDER BY g.sha256
    ON CONFLICT DO NOTHING
){beside}
SELECT id FROM heads
"""
# One transcript with its messages and its event: a single statement, which is a transaction without more round trips.
MESSAGES = Rows(
    (
        ("seq", "int4"),
        ("role", "text"),
        ("name", "text"),
        ("first", "int4"),
        ("last", "int4"),
        ("parts", "text"),
        ("steps", "bytea"),
        ("logprobs", "bytea"),
    )
)
# Each message takes its slice of all texts; PostgreSQL looks for it from the first on.
MAX_MESSAGES_OF_ONE = 200
_MESSAGES = """,
messages AS (
    INSERT INTO transcripts_message (transcript_id, seq, month, role, name, texts, parts, steps, logprobs)
    SELECT heads.id, g.seq, %(month)s::date, g.role, g.name, (%(texts)s::text[])[g.first:g.last],
        g.parts, g.steps, g.logprobs
    FROM heads, unnest({arrays}) AS g ({names})
)"""
_BESIDE = """,
{table}s AS (
    INSERT INTO transcripts_{table} ({names})
    SELECT g.* FROM unnest({arrays}) AS g ({names}) JOIN heads ON heads.id = g.transcript_id
)"""


def _beside(tables: tuple[str, ...]) -> str:
    return "".join(
        _BESIDE.format(table=table, names=BESIDE[table].names, arrays=BESIDE[table].arrays.format(prefix=table))
        for table in tables
    )


@cache
def store(tables: tuple[str, ...]) -> str:
    """The statement that fills, beside heads and payloads, these of the tables in `BESIDE`; gives the heads' ids."""
    given = f"unnest({HEADS.arrays.format(prefix='head')})"
    return _STORE.format(given=given, names=HEADS.names, beside=_beside(tables))


@cache
def store_one(tables: tuple[str, ...], event_sql: str) -> str:
    """The same for one transcript with its messages and its event; gives the event's id when the head was new."""
    messages = _MESSAGES.format(arrays=MESSAGES.arrays.format(prefix="message"), names=MESSAGES.names)
    beside = f"{_beside(tables)}{messages}{event_sql}"
    given = f"(VALUES ({HEADS.values.format(prefix='head')}))"
    whole = _STORE.format(given=given, names=HEADS.names, beside=beside)
    return whole.replace("SELECT id FROM heads\n", "SELECT id FROM events\n")


def values(prefix: str, rows: Rows, row: Values) -> dict[str, Any]:
    """One row as the parameters of its values."""
    return {f"{prefix}_{name}": value for (name, _), value in zip(rows.columns, row, strict=True)}


def columns(prefix: str, rows: Rows, values: Sequence[Values]) -> dict[str, list[Any]]:
    """Rows of values as the parameters of their arrays."""
    turned = list(zip(*values, strict=True)) or [()] * len(rows.columns)
    return {f"{prefix}_{name}": list(column) for (name, _), column in zip(rows.columns, turned, strict=True)}
