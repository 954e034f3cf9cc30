"""Limits and overload: every row of the published table, tried, and the right moment to come again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client

from oversight.accounts.models import ApiKey, Project, User
from oversight.transcripts import allowance, gate, pressure
from oversight.transcripts.allowance import ALLOWANCE, Allowance
from oversight.transcripts.limits import limits
from oversight.transcripts.models import RejectedInput, Transcript
from tests import factories
from tests.oversight.transcripts.doors import URL, Post, is_problem, poster, token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    cache.clear()
    # An earlier test of the process may have left the broker unasked for some seconds.
    ALLOWANCE.reset()
    pressure.GAUGE.reset()
    yield
    ALLOWANCE.reset()
    pressure.GAUGE.reset()


@pytest.fixture
def post(client: Client, project: Project) -> Post:
    return poster(client, project)


def _q(more: bytes) -> bytes:
    return b'{"prompt": "q", "meta": {"x": ' + more + b"}}"


GZIP, ZSTD = {"Content-Encoding": "gzip"}, {"Content-Encoding": "zstd"}
WIDE = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=27))
# For each row what is just too much: (body, content type, headers, query). Rows without one have a test of their own.
TRIALS: dict[str, tuple[bytes, str, dict[str, str], str]] = {
    "ratio": (gzip.compress(b"[" + b" " * 2**26 + b"]"), "application/json", GZIP, ""),
    "window": (WIDE.compress(bytes(range(256)) * 2**19), "application/json", ZSTD, ""),
    "encoding": (b"{}", "application/json", {"Content-Encoding": "br"}, ""),
    "type": (b"{}", "text/plain", {}, ""),
    "record": (b'{"prompt": "' + b"p" * 2**23 + b'"}', "application/json", {}, ""),
    "depth": (_q(b"[" * 63 + b"]" * 63), "application/json", {}, ""),
    "key": (_q(b'{"' + b"k" * 257 + b'": 1}'), "application/json", {}, ""),
    "digits": (_q(b"1" * 33), "application/json", {}, ""),
    "exponent": (_q(b"1e301"), "application/json", {}, ""),
    "twice": (b'{"prompt": "q", "prompt": "q"}', "application/json", {}, ""),
    "nan": (_q(b"NaN"), "application/json", {}, ""),
    "utf8": (_q(b'"\xff"'), "application/json", {}, ""),
    "external_id": (b'{"prompt": "q", "id": "' + b"i" * 513 + b'"}', "application/json", {}, ""),
    "model": (b'{"prompt": "q", "model": "' + b"m" * 201 + b'"}', "application/json", {}, ""),
    "run": (b'{"prompt": "q"}', "application/json", {}, "?run=" + "r" * 201),
    "label": (b'{"prompt": "q", "labels": {"' + b"l" * 81 + b'": 1}}', "application/json", {}, ""),
}
ELSEWHERE = {
    "body": "test_body_limit and test_hostile_input",
    "pace": "test_body_limit and test_hostile_input",
    "expanded": "monitors/formats/test_compression",
    "export": "test_otlp (bomb)",
    "records": "test_api",
    "piece": "monitors/formats/test_files",
    "file": "test_uploads",
    "members": "monitors/formats/test_files",
    "unpacked": "monitors/formats/test_files",
    "rate": "below",
    "queue": "below",
    "concurrent": "below",
}


def test_every_row_has_a_trial() -> None:
    assert {row.name for row in limits()} == TRIALS.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("name", sorted(TRIALS))
def test_more_than_a_limit_is_answered_as_published(post: Post, name: str) -> None:
    [row] = [row for row in limits() if row.name == name]
    body, content_type, headers, query = TRIALS[name]
    answer = post(body, url=URL + query, content_type=content_type, **headers)
    assert is_problem(answer, row.status)
    assert answer.json()["title"] == row.title
    assert answer.json()["detail"]
    assert not Transcript.objects.exists()
    assert RejectedInput.objects.get().code == row.status


@pytest.mark.parametrize(
    "body",
    [
        _q(b"[" * 62 + b"]" * 62),
        _q(b'{"' + b"k" * 256 + b'": 1}'),
        _q(b"1" * 32),
        _q(b"1e300"),
        b'{"prompt": "q", "id": "' + b"i" * 512 + b'"}',
    ],
)
def test_what_is_just_within_is_stored(post: Post, body: bytes) -> None:
    assert post(body).status_code == 201


def test_the_table_is_published_for_programs_and_people(
    client: Client, project: Project, alice: User, client_of: Callable[[User], Client]
) -> None:
    answer = client.get("/api/v1/limits", headers={"Authorization": f"Bearer {token(project)}"})
    assert [row["name"] for row in answer.json()] == [row.name for row in limits()]
    assert client.get("/api/v1/limits").status_code == 401
    page = client_of(alice).get("/traces/limits/").content.decode()
    assert all(row.most in page for row in limits())


def test_the_docs_hold_the_same_table() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "ingest.md").read_text()
    for row in limits():
        assert f"| {row.what} | {row.most} | {row.status} {row.title} |" in text


def is_retryable(answer: Any, status: int) -> bool:
    assert is_problem(answer, status)
    after = answer.headers["Retry-After"]
    return bool(after.isdigit() and int(after) >= 1 and answer.json()["retry_after"] == int(after))


def test_a_deep_queue_is_a_503_until_it_is_worked_off(
    post: Post, settings: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = 11
    monkeypatch.setitem(pressure.PROBES, "tests", lambda most: waiting)
    settings.INGEST_MAX_QUEUE = 10
    assert is_retryable(post(factories.native()), 503)
    assert not Transcript.objects.exists()
    assert not RejectedInput.objects.exists()
    waiting = 0
    pressure.GAUGE.reset()
    assert post(factories.native()).status_code == 201


def test_the_depth_is_measured_once_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def probe(most: int) -> int:
        asked.append(most)
        return len(asked)

    monkeypatch.setattr(pressure, "PROBES", {"tests": probe})
    pressure.GAUGE.reset()
    for _ in range(100):
        pressure.check()
    assert len(asked) == 1


def test_a_key_in_debt_waits_and_others_do_not(
    post: Post, client: Client, other_project: Project, settings: Any
) -> None:
    settings.INGEST_KEY_RECORDS_PER_S = 2
    assert post([factories.native() for _ in range(25)]).status_code == 200
    answer = post(factories.native())
    assert is_retryable(answer, 429)
    # 25 of a burst of 20, at 2 a second.
    assert answer.json()["retry_after"] in (2, 3)
    assert poster(client, other_project)(factories.native()).status_code == 201
    assert Transcript.objects.count() == 26


def test_bytes_count_as_well_and_the_debt_is_shared_by_all_processes(
    post: Post, client: Client, project: Project, settings: Any
) -> None:
    settings.INGEST_KEY_BYTES_PER_S = 100
    assert post(factories.native(prompt="p" * 3000)).status_code == 201
    assert is_retryable(post(factories.native()), 429)
    another_process = Allowance()
    key = ApiKey.objects.get()
    another_process.charge(key, records=1, n_bytes=1)
    with pytest.raises(Exception, match="a second"):
        another_process.check(key)


def test_requests_that_follow_closely_are_charged_together(
    post: Post, project: Project, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INGEST_KEY_RECORDS_PER_S = 1
    monkeypatch.setattr(allowance, "EVERY_S", 60.0)
    for _ in range(12):
        assert post(factories.native()).status_code == 201
    monkeypatch.setattr(allowance, "EVERY_S", 0.0)
    # The first was charged at once, then the eleven others with this one: 13 of a burst of 10.
    assert post(factories.native()).status_code == 201
    assert is_retryable(post(factories.native()), 429)


def test_without_valkey_everybody_is_let_through(post: Post, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.INGEST_KEY_RECORDS_PER_S = 1
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(gate, "ALLOWANCE", Allowance())
    for _ in range(15):
        assert post(factories.native()).status_code == 201


def test_more_at_once_than_a_process_takes_is_a_503_for_a_second(post: Post, settings: Any) -> None:
    settings.INGEST_MAX_CONCURRENT = 1
    assert gate.PLACES.take()
    try:
        answer = post(factories.native())
    finally:
        gate.PLACES.leave()
    assert is_retryable(answer, 503)
    assert answer.json()["retry_after"] == 1
    assert post(factories.native()).status_code == 201


def test_a_database_that_does_not_answer_is_a_503(post: Post) -> None:
    def down(*_: object) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(down):
        answer = post(factories.native())
    assert is_retryable(answer, 503)
    assert "gone" not in answer.content.decode()


def test_a_record_of_several_transcripts_has_a_result_for_each(post: Post) -> None:
    """OTLP in JSON through the REST door: one record, two spans."""
    from tests.oversight.transcripts.test_otlp import ATTRIBUTES

    def span(number: int) -> dict[str, Any]:
        attributes = [
            {"key": key, "value": {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)}}
            for key, value in ATTRIBUTES.items()
        ]
        ids = {"traceId": f"{number:032x}", "spanId": f"{number:016x}"}
        return {**ids, "name": "chat", "startTimeUnixNano": "1", "endTimeUnixNano": "2", "attributes": attributes}

    record = {"resourceSpans": [{"scopeSpans": [{"spans": [span(1), span(2)]}]}]}
    alone = post(record)
    assert alone.status_code == 200
    assert [(r["index"], r["part"], r["status"]) for r in alone.json()["results"]] == [
        (0, 0, "created"),
        (0, 1, "created"),
    ]
    lines = json.dumps(record).encode() + b"\n" + json.dumps(factories.native()).encode()
    results = post(lines, content_type="application/x-ndjson").json()["results"]
    assert [(r["index"], r["line"], r.get("part")) for r in results] == [(0, 1, 0), (0, 1, 1), (1, 2, None)]
    bare = post({"resourceSpans": [{"scopeSpans": [{"spans": [{**span(3), "attributes": []}]}]}]})
    assert (bare.status_code, bare.json()["results"]) == (200, [])
    assert bare.json()["notes"]
