"""Reads of transcripts: what monitors get, the raw bytes, and the list page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import zstandard
from django.db import connection

from monitors import transcript as monitored
from monitors.base import RecordedVerdict as Recorded
from oversight.transcripts import storage
from oversight.transcripts.models import Message, RawPayload, RecordedVerdict, Transcript


def load(ids: Sequence[UUID]) -> dict[UUID, monitored.Transcript]:
    """Transcripts as monitors see them: the original text, and nothing of labels or meta. Two queries.

    `Transcript.id` is our own id: an external id can tell a label ("prompted_steg/17-paraphrased").
    """
    messages: dict[UUID, list[Message]] = defaultdict(list)
    for message in Message.objects.filter(transcript_id__in=ids).order_by("transcript_id", "seq"):
        messages[message.transcript_id].append(message)
    heads = Transcript.objects.filter(pk__in=ids).select_related("model_run")
    return {head.pk: storage.to_transcript(head, messages[head.pk]) for head in heads}


def recorded(ids: Sequence[UUID]) -> dict[str, tuple[Recorded, ...]]:
    """The verdicts that came with the data, by our transcript id as text. One query."""
    found: dict[str, list[Recorded]] = defaultdict(list)
    for row in RecordedVerdict.objects.filter(transcript_id__in=ids).order_by("pk"):
        found[str(row.transcript_id)].append(storage.to_recorded(row))
    return {key: tuple(verdicts) for key, verdicts in found.items()}


NEXT_PAYLOAD_IDS_SQL = """
SELECT nextval(pg_get_serial_sequence('transcripts_rawpayload', 'id')) FROM generate_series(1, %s)
"""


def next_payload_ids(count: int) -> list[int]:
    """Unused ids, which nobody else will get. One query."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_PAYLOAD_IDS_SQL, [count])
        return [id_ for (id_,) in cursor.fetchall()]


def raw_bytes(transcript: Transcript) -> bytes:
    """The record's own bytes, exactly as they were sent. One query."""
    payload = RawPayload.objects.get(pk=transcript.payload_id)
    return zstandard.ZstdDecompressor().decompress(bytes(payload.body_zstd), max_output_size=payload.size_bytes)
