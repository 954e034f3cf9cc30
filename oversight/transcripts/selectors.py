"""Reads of transcripts: what monitors get, the raw bytes, and the list page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import zstandard

from monitors import transcript as monitored
from monitors.base import RecordedVerdict as Recorded
from monitors.sampler import Sampler
from oversight.transcripts import storage
from oversight.transcripts.models import Message, Metadata, RawPayload, RecordedVerdict, Transcript


def load(ids: Sequence[UUID], *, logprobs: bool = False) -> dict[UUID, monitored.Transcript]:
    """Transcripts as monitors see them: the original text, and nothing of labels or meta. Two queries.

    With `logprobs` also those that the provider sent, and of meta the sampler's settings alone: three queries.

    `Transcript.id` is our own id: an external id can tell a label ("prompted_steg/17-paraphrased").
    """
    heads = list(Transcript.objects.filter(pk__in=ids).select_related("model_run"))
    rows = Message.objects.filter(transcript_id__in=ids, month__in={head.month for head in heads})
    messages: dict[UUID, list[Message]] = defaultdict(list)
    for message in (rows if logprobs else rows.defer("logprobs")).order_by("transcript_id", "seq"):
        messages[message.transcript_id].append(message)
    found = {head.pk: storage.to_transcript(head, messages[head.pk]) for head in heads}
    if logprobs:
        for pk, meta in Metadata.objects.filter(transcript_id__in=ids).values_list("transcript_id", "meta"):
            found[pk] = replace(found[pk], sampler=Sampler.of(meta))
    return found


def recorded(ids: Sequence[UUID]) -> dict[str, tuple[Recorded, ...]]:
    """The verdicts that came with the data, by our transcript id as text. One query."""
    found: dict[str, list[Recorded]] = defaultdict(list)
    for row in RecordedVerdict.objects.filter(transcript_id__in=ids).order_by("pk"):
        found[str(row.transcript_id)].append(storage.to_recorded(row))
    return {key: tuple(verdicts) for key, verdicts in found.items()}


def raw_bytes(transcript: Transcript) -> bytes:
    """The record's own bytes, exactly as they were sent. One query."""
    payload = RawPayload.objects.get(
        project_id=transcript.project_id, sha256=transcript.payload_sha256, month=transcript.month
    )
    return zstandard.ZstdDecompressor().decompress(bytes(payload.body_zstd), max_output_size=payload.size_bytes)
