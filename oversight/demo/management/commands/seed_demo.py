"""Send the bundled transcripts through the public API, so that a reviewer watches the flags arrive."""

from __future__ import annotations

import gzip
import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from oversight.accounts.logins import read_logins

BUNDLE = Path(__file__).resolve().parents[2] / "data" / "transcripts.jsonl.gz"
BATCH = 10


class Command(BaseCommand):
    """Safe to run again: what is there already is left as it is."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default=settings.PUBLIC_URL, help="where the web process listens")
        parser.add_argument("--pause", type=float, default=1.0, help="seconds between batches of ten (default 1)")
        parser.add_argument("--limit", type=int, default=None, help="send only the first N transcripts")
        parser.add_argument("--once", action="store_true", help="do nothing when it has been done before")

    def handle(self, *args: Any, **options: Any) -> None:
        done = settings.VAR_DIR / "demo-seeded"
        if options["once"] and done.exists():
            self.stderr.write("demo: seeded before")
            return
        key = read_logins().ingest_key
        with httpx.Client(base_url=options["url"], timeout=60, headers={"Authorization": f"Bearer {key}"}) as client:
            counts = self._send(client, pause_s=options["pause"], limit=options["limit"])
        if counts.get("conflict") or counts.get("invalid"):
            raise CommandError(f"demo: {counts}")
        done.write_text(json.dumps({"at": datetime.now(UTC).isoformat(), **counts}))

    def _send(self, client: httpx.Client, *, pause_s: float, limit: int | None) -> dict[str, int]:
        counts: dict[str, int] = {}
        for index, batch in enumerate(_batches(limit)):
            if index:
                time.sleep(pause_s)
            answer = client.post(
                "/api/v1/transcripts", content=b"".join(batch), headers={"Content-Type": "application/x-ndjson"}
            )
            if answer.is_error:
                raise CommandError(f"demo: {answer.status_code} {answer.text[:500]}")
            for result in answer.json()["results"]:
                counts[result["status"]] = counts.get(result["status"], 0) + 1
            self.stderr.write(f"demo: {sum(counts.values())} transcripts sent")
        return counts


def _batches(limit: int | None) -> Iterator[list[bytes]]:
    with gzip.open(BUNDLE, "rb") as lines:
        records = islice(lines, limit)
        while batch := list(islice(records, BATCH)):
            yield batch
