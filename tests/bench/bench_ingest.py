"""Ingest of 8 kB transcripts, committed per 100, against bare COPYs in the same run, on a durable cluster (fsync on).

The first baseline copies the same texts into a table of (id, text) with a primary key, as PostgreSQL makes it by
default. The second copies the very rows that we wrote: same tables, indexes, foreign keys and ledger, same commits, no
Python between. All share two cores with the sender.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing as mp
import os
import random
import secrets
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from oversight.embedded import cluster
from oversight.embedded.places import Places
from oversight.embedded.postgres import Postgres
from tests.bench import web_process
from tests.browser.house import environment_for, free_port

N_BATCHES, PER_BATCH, N, N_ROUNDS = 48, 100, 4, 3
# Batches that nobody times: a process imports, connects and prepares its statements with its first ones.
N_WARM = 8
CHARS = 8_000
TEMPLATE = "bench_template"
ROWS = {
    "transcripts_rawpayload": "sha256 IN (SELECT payload_sha256 FROM transcripts_transcript WHERE batch_id = {batch})",
    "transcripts_transcript": "batch_id = {batch}",
    "transcripts_message": "transcript_id IN (SELECT id FROM transcripts_transcript WHERE batch_id = {batch})",
    "transcripts_metadata": "transcript_id IN (SELECT id FROM transcripts_transcript WHERE batch_id = {batch})",
    "transcripts_label": "transcript_id IN (SELECT id FROM transcripts_transcript WHERE batch_id = {batch})",
    "audit_event": "action = 'transcripts.ingested' AND object_id = {batch}::text",
    "audit_event_detail": "event_id IN (SELECT id FROM audit_event WHERE object_id = {batch}::text)",
}
Batch = list[bytes]
CopyData = Sequence[tuple[str, bytes]]


def batches() -> list[Batch]:
    """Reasoning of made-up words: about as compressible as English, and different in every record."""
    rng = random.Random(7)
    words = ["".join(rng.choices("etaoinshrdlcumwfgypb", k=rng.randint(2, 9))) for _ in range(4000)]
    return [[_record(rng, words) for _ in range(PER_BATCH)] for _ in range(N_BATCHES)]


def _record(rng: random.Random, words: list[str]) -> bytes:
    sentences: list[str] = []
    while sum(map(len, sentences)) < CHARS - 400:
        sentences.append(" ".join(rng.choices(words, k=rng.randint(6, 24))).capitalize() + ".")
    parts = [{"type": "reasoning", "text": " ".join(sentences)}, {"type": "text", "text": "42"}]
    messages = [{"role": "user", "content": " ".join(rng.choices(words, k=40))}, {"role": "assistant", "parts": parts}]
    record = {"external_id": secrets.token_hex(8), "model": "bench", "messages": messages}
    return json.dumps({**record, "labels": {"correct": True}, "meta": {"source": "bench"}}).encode()


@contextmanager
def durable_cluster() -> Iterator[cluster.Temporary]:
    var = Path(tempfile.mkdtemp(prefix="oversight-bench-"))
    try:
        yield cluster.Temporary(cluster.ensure(var), var, Postgres(Places(var)))
    finally:
        cluster.stop(var)
        shutil.rmtree(var, ignore_errors=True)


def environment(services: cluster.Temporary, database: str, port: int = 8000) -> dict[str, str]:
    urls = services.urls(database)
    addresses = {
        "DATABASE_URL": urls.database_url,
        "DATABASE_OWNER_URL": urls.database_owner_url,
        "REDIS_URL": urls.redis_url,
        "LOG_LEVEL": "ERROR",
    }
    return environment_for({**os.environ, **addresses}, var=services.var / "house", port=port)


def manage(env: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, "manage.py", *arguments], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


# Through the service: one process for each connection, from the bytes to the commit.


def _serve(env: dict[str, str], share: list[Batch], ready: Any, go: Any) -> None:
    os.environ.update(env)
    import django

    django.setup()
    from monitors.formats.slicing import Slice
    from oversight.accounts.models import Project
    from oversight.audit.actors import Actor
    from oversight.transcripts.intake import take_in

    project = Project.objects.get(slug="demo")

    def take(batch: Batch) -> None:
        slices = [Slice(i, raw) for i, raw in enumerate(batch)]
        [outcomes] = take_in(slices, project=project, door="bench", actor=Actor.system("bench"))
        assert all(outcome.result.status == "created" for outcome in outcomes)

    for _ in range(N_WARM // N):
        take([_renamed(raw) for raw in share[0]])
    ready.release()
    go.wait()
    for batch in share:
        take(batch)


def through_service(env: dict[str, str], work: list[Batch], n: int) -> float:
    context = mp.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    children = [context.Process(target=_serve, args=(env, work[i::n], ready, go)) for i in range(n)]
    for child in children:
        child.start()
    for _ in children:
        ready.acquire()
    started = time.perf_counter()
    go.set()
    for child in children:
        child.join()
    assert all(child.exitcode == 0 for child in children)
    return len(work) * PER_BATCH / (time.perf_counter() - started)


# Through the API: some web processes, a thread for each connection.


def in_threads(n: int, work: list[Any], one: Callable[[Iterator[Any]], None]) -> float:
    """Records per second of `one` in n threads, each of which takes the next of the work when it is done with one.

    Connections fall to web processes as they come, two and two or three and one, and a fixed share each would wait for
    the slowest of them.
    """
    left = iter(work)
    threads = [threading.Thread(target=one, args=(left,)) for _ in range(n)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(work) * PER_BATCH / (time.perf_counter() - started)


def through_api(url: str, key: str, work: list[Batch], n: int) -> float:
    bodies = [b"\n".join(batch) for batch in work]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}

    def send(left: Iterator[bytes]) -> None:
        with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=120)) as connection:
            for body in left:
                connection.request("POST", "/api/v1/transcripts", body, headers)
                answer = connection.getresponse().read()
                assert json.loads(answer)["counts"]["created"] == PER_BATCH, answer

    return in_threads(n, bodies, send)


# The baselines.


def texts_of(work: list[Batch]) -> list[CopyData]:
    """The same texts, those of a transcript joined, as binary COPY data for (id, text)."""
    found: list[CopyData] = []
    for number, batch in enumerate(work):
        rows = [(number * PER_BATCH + i, _text(raw)) for i, raw in enumerate(batch)]
        encoded = ((struct.pack(">hiqi", 2, 8, id_, len(text)) + text) for id_, text in rows)
        found.append([("bench_texts", b"PGCOPY\n\xff\r\n\x00" + bytes(8) + b"".join(encoded) + b"\xff\xff")])
    return found


def _text(raw: bytes) -> bytes:
    question, answer = json.loads(raw)["messages"]
    return "\n".join([question["content"], *(part["text"] for part in answer["parts"])]).encode()


def rows_of(owner_url: str) -> tuple[CopyData, list[CopyData]]:
    """(what all rows refer to, the rows of each batch), as binary COPY data."""
    with psycopg.connect(owner_url) as connection:
        shared = [("transcripts_modelrun", _dump(connection, "transcripts_modelrun", sql.SQL("true")))]
        ids = connection.execute("SELECT DISTINCT batch_id FROM transcripts_transcript").fetchall()
        return shared, [
            [(table, _dump(connection, table, sql.SQL(which).format(batch=batch))) for table, which in ROWS.items()]
            for (batch,) in ids
        ]


def _dump(connection: psycopg.Connection[Any], table: str, which: sql.Composable) -> bytes:
    query = sql.SQL("COPY (SELECT * FROM {} WHERE {}) TO STDOUT (FORMAT binary)").format(sql.Identifier(table), which)
    with connection.cursor().copy(query) as copy:
        return b"".join(bytes(chunk) for chunk in copy)


def _load(connection: psycopg.Connection[Any], data: CopyData) -> None:
    for table, rows in data:
        with connection.cursor().copy(
            sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(table))
        ) as copy:
            copy.write(rows)
    connection.commit()


def bare_copy(owner_url: str, work: list[CopyData], n: int, *, shared: CopyData = ()) -> float:
    with psycopg.connect(owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_texts (id bigint PRIMARY KEY, body text NOT NULL)")
        _load(connection, shared)

    def load(left: Iterator[CopyData]) -> None:
        with psycopg.connect(owner_url) as connection:
            for data in left:
                _load(connection, data)

    return in_threads(n, work, load)


def main() -> list[str]:
    work, rates = batches(), defaultdict(list)
    n_bytes = sum(len(raw) for batch in work for raw in batch) / (len(work) * PER_BATCH)
    with durable_cluster() as services:
        services.create(TEMPLATE)
        prepare = environment(services, TEMPLATE)
        manage(prepare, "migrate", "-v", "0")
        manage(prepare, "ensure_logins")
        key = json.loads((services.var / "house" / "secrets" / "logins.json").read_text())["ingest_key"]
        # More than once and in turns, since a shared machine is not the same a minute later.
        for _ in range(N_ROUNDS):
            for kind, rate in _round(services, key, work):
                rates[kind].append(rate)
    median = {kind: statistics.median(found) for kind, found in rates.items()}
    ours = {"API, one web process": "api", "API, two web processes": "api2", "service, 4 processes": "service"}
    return [
        f"{len(work) * PER_BATCH} transcripts of {n_bytes / 1000:.1f} kB, committed per {PER_BATCH}, {N} connections,"
        f" medians of {N_ROUNDS} rounds",
        f"bare COPY of the same texts {median['texts']:,.0f}/s; of our very rows {median['rows']:,.0f}/s",
        *(
            f"{name}: {median[kind]:,.0f}/s; {median[kind] / median['texts']:.2f} of COPY of the texts"
            f" (by round: {', '.join(f'{a / b:.2f}' for a, b in zip(rates[kind], rates['texts'], strict=True))}),"
            f" {median[kind] / median['rows']:.2f} of COPY of the rows"
            for name, kind in ours.items()
        ),
    ]


def _round(services: cluster.Temporary, key: str, work: list[Batch]) -> Iterator[tuple[str, float]]:
    names = ("bench_service", "bench_api", "bench_api2", "bench_copy")
    for name in names:
        services.clone(TEMPLATE, name)
    copy_url = services.urls("bench_copy").database_owner_url
    yield "texts", bare_copy(copy_url, texts_of(work), N)
    for kind, n_processes in (("api", 1), ("api2", 2)):
        port = free_port()
        # Keys and sessions are sealed by secrets of the environment; the key's digest is in the database.
        with web_process.running(environment(services, f"bench_{kind}", port), port, n_web=n_processes) as url:
            through_api(url, key, [[_renamed(raw) for raw in batch] for batch in work[:N_WARM]], N)
            yield kind, through_api(url, key, work, N)
    yield "service", through_service(environment(services, "bench_service"), work, N)
    shared, rows = rows_of(services.urls("bench_service").database_owner_url)
    yield "rows", bare_copy(copy_url, rows, N, shared=shared)
    for name in names:
        services.drop(name)


def _renamed(raw: bytes) -> bytes:
    return json.dumps({**json.loads(raw), "external_id": secrets.token_hex(8)}).encode()


if __name__ == "__main__":
    print("\n".join(main()))
