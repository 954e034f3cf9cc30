"""OTLP/HTTP: as the real OpenTelemetry SDK sends it, and as a hostile sender would."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from oversight.accounts.models import ApiKey, Project, Scope
from oversight.transcripts import otlp, selectors
from oversight.transcripts.allowance import ALLOWANCE
from oversight.transcripts.models import RejectedInput, Transcript
from oversight.transcripts.pressure import GAUGE
from tests import factories
from tests.oversight.transcripts.doors import served, token

PROTOBUF = "application/x-protobuf"
INPUT = [{"role": "user", "parts": [{"type": "text", "content": "What is 17 * 23?"}]}]
OUTPUT = [
    {
        "role": "assistant",
        "parts": [{"type": "reasoning", "content": "340 + 51 = 391."}, {"type": "text", "content": "391"}],
        "finish_reason": "stop",
    }
]
ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "deepseek",
    "gen_ai.request.model": "deepseek-r1",
    "gen_ai.response.model": "deepseek-r1",
    "gen_ai.input.messages": json.dumps(INPUT),
    "gen_ai.output.messages": json.dumps(OUTPUT),
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 20,
}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    cache.clear()
    ALLOWANCE.reset()
    GAUGE.reset()
    yield
    ALLOWANCE.reset()
    GAUGE.reset()


def spans(n_spans: int = 1, **attributes: Any) -> list[Any]:
    """Finished spans of the real SDK."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"service.name": "tests"}))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("tests")
    described: Any = {**ATTRIBUTES, **attributes}
    for _ in range(n_spans):
        with tracer.start_as_current_span("chat deepseek-r1", attributes=described):
            pass
    return list(kept.get_finished_spans())


def encoded(spans: list[Any]) -> bytes:
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

    return bytes(encode_spans(spans).SerializeToString())


def status_of(answer: Any) -> tuple[int, str]:
    """google.rpc.Status by its fields, decoded by the same wire rules as any protobuf: (code, message)."""
    as_response = ExportTraceServiceResponse()
    as_response.partial_success.MergeFromString(answer.content)
    return as_response.partial_success.rejected_spans, as_response.partial_success.error_message


@pytest.fixture
def export(db: None, client: Client, project: Project) -> Any:
    bearer = f"Bearer {token(project)}"

    def send(body: bytes, content_type: str = PROTOBUF, path: str = "/v1/traces", **headers: str) -> Any:
        return client.post(path, body, content_type, headers={"Authorization": bearer, **headers})

    return send


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_the_real_exporter_delivers_spans_with_their_reasoning(committed_db: str, compression: str) -> None:
    from opentelemetry.exporter.otlp.proto.http import Compression

    project = factories.make_project("alpha")
    with served() as url:
        exporter: Any = OTLPSpanExporter(
            endpoint=f"{url}/v1/traces",
            headers={"Authorization": f"Bearer {token(project)}"},
            compression=Compression(compression),
            timeout=20,
        )
        sent = spans(3)
        assert exporter.export(sent) is SpanExportResult.SUCCESS
        assert exporter.export(sent) is SpanExportResult.SUCCESS
        exporter.shutdown()
    stored = list(Transcript.objects.select_related("model_run"))
    assert len(stored) == 3, "sent twice, stored once"
    assert {row.model_run.model for row in stored} == {"deepseek-r1"}
    loaded = selectors.load([stored[0].pk])[stored[0].pk]
    assert [part.text for part in loaded.parts] == ["What is 17 * 23?", "340 + 51 = 391.", "391"]
    assert loaded.visibility == "raw"


def test_the_real_exporter_sends_again_after_a_503(committed_db: str, settings: Any) -> None:
    project, statuses = factories.make_project("alpha"), list[str]()
    settings.INGEST_MAX_CONCURRENT = 0

    def on_answer(status: str) -> None:
        statuses.append(status[:3])
        settings.INGEST_MAX_CONCURRENT = 32

    with served(on_answer) as url:
        headers = {"x-api-key": token(project)}
        exporter: Any = OTLPSpanExporter(endpoint=f"{url}/v1/traces", headers=headers, timeout=20)
        assert exporter.export(spans()) is SpanExportResult.SUCCESS
        exporter.shutdown()
    assert statuses == ["503", "200"]
    assert Transcript.objects.count() == 1


def test_all_taken_is_an_empty_response_in_the_encoding_of_the_request(export: Any) -> None:
    answer = export(encoded(spans()))
    assert (answer.status_code, answer.headers["Content-Type"], answer.content) == (200, PROTOBUF, b"")
    as_json = export(json.dumps({"resourceSpans": []}).encode(), "application/json")
    assert (as_json.status_code, as_json.json()) == (200, {})


def test_gzip_is_read(export: Any) -> None:
    assert export(gzip.compress(encoded(spans(2))), **{"Content-Encoding": "gzip"}).status_code == 200
    assert Transcript.objects.count() == 2


def test_spans_without_content_are_taken_and_told(export: Any) -> None:
    bare = {"gen_ai.input.messages": "", "gen_ai.output.messages": ""}
    answer = export(encoded(spans(2, **bare)))
    told = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert (answer.status_code, told.rejected_spans) == (200, 0)
    assert told.error_message
    assert not Transcript.objects.exists()


def test_a_span_that_cannot_be_stored_is_counted_told_and_kept(export: Any, project: Project) -> None:
    """The same span again with other content is a conflict: its content is new, so it is kept."""
    first = spans(2)
    assert export(encoded(first)).status_code == 200
    changed = ExportTraceServiceRequest.FromString(encoded(first))
    for attribute in changed.resource_spans[0].scope_spans[0].spans[0].attributes:
        if attribute.key == "gen_ai.output.messages":
            attribute.value.string_value = attribute.value.string_value.replace("391", "392")
    answer = export(changed.SerializeToString())
    told = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert (answer.status_code, told.rejected_spans) == (200, 1)
    assert "external id" in told.error_message
    rejected = RejectedInput.objects.get()
    assert (rejected.code, rejected.door, rejected.project) == (409, "otlp", project)


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs"])
@pytest.mark.parametrize(
    ("body", "content_type", "headers", "status", "code"),
    [
        (b"\xff\xff\xff", PROTOBUF, {}, 400, 3),
        (b"{", "application/json", {}, 400, 3),
        (b"[]", "application/json", {}, 400, 3),
        (b"x", "text/plain", {}, 415, 3),
        (b"x", PROTOBUF, {"Content-Encoding": "gzip"}, 400, 3),
        (b"x", PROTOBUF, {"Content-Encoding": "br"}, 400, 3),
        (gzip.compress(b"\n" * 2**26), PROTOBUF, {"Content-Encoding": "gzip"}, 413, 3),
        (b"x", PROTOBUF, {"Authorization": "Bearer ovk_no_no"}, 401, 16),
        (b"x", PROTOBUF, {"Authorization": ""}, 401, 16),
    ],
    ids=["no protobuf", "no json", "a list", "a type", "no gzip", "br", "bomb", "unknown key", "no key"],
)
def test_what_is_refused_is_a_status_in_the_encoding_of_the_request(
    export: Any, path: str, body: bytes, content_type: str, headers: dict[str, str], status: int, code: int
) -> None:
    answer = export(body, content_type, path, **headers)
    assert answer.status_code == status, answer.content
    is_json = content_type == "application/json"
    assert answer.headers["Content-Type"] == ("application/json" if is_json else PROTOBUF)
    said = (answer.json()["code"], answer.json()["message"]) if is_json else status_of(answer)
    assert said[0] == code
    assert said[1]
    assert RejectedInput.objects.exists() == (status != 401)


@pytest.mark.parametrize(("setting", "status", "code"), [("INGEST_MAX_CONCURRENT", 503, 14), ("rate", 429, 8)])
def test_overload_is_retryable(export: Any, settings: Any, setting: str, status: int, code: int) -> None:
    if setting == "rate":
        settings.INGEST_KEY_RECORDS_PER_S = 1
        assert export(encoded(spans(20))).status_code == 200
    else:
        settings.INGEST_MAX_CONCURRENT = 0
    answer = export(encoded(spans()))
    assert answer.status_code == status
    assert int(answer.headers["Retry-After"]) >= 1
    assert status_of(answer)[0] == code
    assert not RejectedInput.objects.exists()


def test_a_key_without_the_scope_is_refused(db: None, client: Client, project: Project) -> None:
    bearer = {"Authorization": f"Bearer {token(project, Scope.READ_META)}"}
    answer = client.post("/v1/traces", b"", PROTOBUF, headers=bearer)
    assert (answer.status_code, status_of(answer)[0]) == (403, 7)
    assert client.get("/v1/traces", headers=bearer).status_code == 405


def test_our_bytes_are_what_protobuf_itself_would_write() -> None:
    answer = otlp.exported(300, "ä" * 200, of_logs=False, is_json=False)
    expected = ExportTraceServiceResponse()
    expected.partial_success.rejected_spans = 300
    expected.partial_success.error_message = "ä" * 200
    assert answer.content == expected.SerializeToString()
    logs = ExportLogsServiceResponse.FromString(otlp.exported(7, "x", of_logs=True, is_json=False).content)
    assert (logs.partial_success.rejected_log_records, logs.partial_success.error_message) == (7, "x")
    as_json = otlp.exported(7, "x", of_logs=True, is_json=True)
    assert json.loads(as_json.content) == {"partialSuccess": {"rejectedLogRecords": "7", "errorMessage": "x"}}


def test_the_key_is_used_and_its_project_gets_it(export: Any, project: Project) -> None:
    export(encoded(spans()))
    assert Transcript.objects.get().project == project
    assert ApiKey.objects.get().last_used_at is not None
