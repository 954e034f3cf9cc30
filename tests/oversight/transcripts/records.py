"""Records on their way in."""

from __future__ import annotations

import json
from typing import Any

from monitors.formats.detect import parse
from oversight.accounts.models import Project
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.transcripts import services
from oversight.transcripts.services import Incoming, IngestResult

ACTOR = Actor.system("tests")


def incoming(payload: dict[str, Any] | bytes) -> Incoming:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Incoming(raw, parse(raw))


def ingest(project: Project, *payloads: dict[str, Any] | bytes) -> list[IngestResult]:
    return services.ingest(project=project, payloads=[incoming(p) for p in payloads], door="tests", actor=ACTOR)


def ingested_ids(event: LedgerEvent) -> list[str]:
    detail: dict[str, Any] = event.detail_row.detail or {}
    return list(detail["transcript_ids"])
