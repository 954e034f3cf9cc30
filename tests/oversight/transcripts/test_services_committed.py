"""Ingestion among many, and an opening that cannot be recorded: on a database where commits are real."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import DatabaseError, connection

from oversight.audit.models import LedgerEvent
from oversight.lib.errors import Unavailable
from oversight.transcripts import models, services
from tests import factories
from tests.oversight.transcripts.records import ACTOR, incoming, ingested_ids


def test_what_cannot_be_recorded_is_not_opened(committed_db: str) -> None:
    transcript = factories.make_transcript(factories.make_project("alpha"))
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    with pytest.raises(Unavailable) as refused:
        services.open_transcript(transcript=transcript, surface="tests", actor=ACTOR)
    assert isinstance(refused.value.__cause__, DatabaseError)


def test_twenty_at_once_with_the_same_ids_store_one_of_each(committed_db: str) -> None:
    project = factories.make_project("alpha")
    same = [factories.native(id=f"same-{i}") for i in range(5)]
    statuses: Counter[str] = Counter()
    ids: set[object] = set()
    barrier = threading.Barrier(20)

    def send(number: int) -> None:
        batch = [incoming({**record, "model": "odd"} if number % 4 == 3 else record) for record in same]
        barrier.wait()
        if number % 2:
            batch.reverse()
        results = services.ingest(project=project, payloads=batch, door="tests", actor=ACTOR)
        connection.close()
        statuses.update(r.status for r in results)
        ids.update(r.transcript_id for r in results)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses["created"] == 5
    assert sum(statuses.values()) == 100
    assert statuses["invalid"] == 0
    assert len(ids) == models.Transcript.objects.count() == 5
    events = LedgerEvent.objects.filter(action="transcripts.ingested")
    assert sorted(id_ for event in events for id_ in ingested_ids(event)) == sorted(map(str, ids))
    assert models.Message.objects.count() == 10
