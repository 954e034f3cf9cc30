"""Any OpenAI-compatible server as a judge, against a scripted one: what it can do is read from its replies."""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from monitors.backends import open_backends
from monitors.backends.base import ContextOverflow, Judge, JudgePrompt, TokenScorer
from monitors.backends.openai_server import OpenAIServer
from monitors.base import Need
from monitors.errors import BackendUnavailable

Body = dict[str, Any]
Handler = Callable[[str, Body], tuple[int, dict[str, str], bytes]]
PROMPT = JudgePrompt("system", "user", schema={"type": "object"})


@contextmanager
def serving(handle: Handler) -> Iterator[str]:
    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self._reply(handle(self.path, json.loads(self.rfile.read(length) or b"{}")))

        def do_GET(self) -> None:
            self._reply(handle(self.path, {}))

        def _reply(self, reply: tuple[int, dict[str, str], bytes]) -> None:
            status, headers, content = reply
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(
    content: str | None, *, status: int = 200, finish: str = "stop", **more: Any
) -> tuple[int, dict[str, str], bytes]:
    message = {"role": "assistant", "content": content} | more.pop("message", {})
    choice = {"index": 0, "message": message, "finish_reason": finish} | more
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    return status, {}, json.dumps({"choices": [choice], "usage": usage}).encode()


def _said(body: Body) -> str:
    return str(body["messages"][-1]["content"]) if "messages" in body else ""


class Able:
    """A server that obeys schemas and gives token probabilities, as vLLM does."""

    def __init__(self) -> None:
        self.bodies: list[Body] = []

    def __call__(self, path: str, body: Body) -> tuple[int, dict[str, str], bytes]:
        if path == "/v1/models":
            return 200, {}, b'{"data": [{"id": "listed-model"}]}'
        if path == "/v1/completions":
            return 200, {}, json.dumps({"choices": [{"text": "", "logprobs": _echo(body["prompt"])}]}).encode()
        self.bodies.append(body)
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        if "word" in schema.get("properties", {}):
            return reply(json.dumps({"word": schema["properties"]["word"]["enum"][0]}))
        pieces = ['{"', "score", '":', " ", "7", "}"]
        top = {"4": [("7", -0.5), ("3", -1.0), ("x", -9.0)]}
        logprobs = [
            {
                "token": piece,
                "logprob": -0.1,
                "top_logprobs": [{"token": t, "logprob": p} for t, p in top.get(str(i), [(piece, -0.1)])],
            }
            for i, piece in enumerate(pieces)
        ]
        return reply("".join(pieces), logprobs={"content": logprobs} if body.get("logprobs") else None)


def _echo(prompt: str) -> dict[str, Any]:
    tokens = [f"{word} " for word in prompt.split(" ")]
    tokens[-1] = tokens[-1][:-1]
    return {"tokens": [*tokens, "."], "token_logprobs": [None, *[-1.0] * len(tokens)]}


def test_a_server_that_is_able_is_asked_for_schema_and_probabilities() -> None:
    able = Able()
    with serving(able) as url:
        server = OpenAIServer(url)
        answer = server.complete(PROMPT)
        assert isinstance(server, Judge)
        assert (server.model, server.capabilities.json_schema, server.capabilities.logprobs) == (
            "listed-model",
            True,
            True,
        )
    assert answer.score_expectation == pytest.approx((7 * 0.6065 + 3 * 0.3679) / (0.6065 + 0.3679), abs=0.01)
    assert (answer.cost.prompt_tokens, answer.cost.completion_tokens) == (7, 3)
    last = able.bodies[-1]
    assert last["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert last["temperature"] == 0
    assert [message["role"] for message in last["messages"]] == ["system", "user"]


def test_a_server_that_ignores_both_without_an_error_is_found_out() -> None:
    bodies: list[Body] = []

    def deaf(path: str, body: Body) -> tuple[int, dict[str, str], bytes]:
        bodies.append(body)
        return reply("Blue.")

    with serving(deaf) as url:
        server = OpenAIServer(url, "m")
        answer = server.complete(PROMPT)
        assert not server.capabilities.json_schema
        assert not server.capabilities.logprobs
    assert answer.text == "Blue."
    assert answer.score_expectation is None
    assert "response_format" not in bodies[-1]
    assert "logprobs" not in bodies[-1]


def test_a_server_that_rejects_both_is_still_asked() -> None:
    def strict(path: str, body: Body) -> tuple[int, dict[str, str], bytes]:
        if "response_format" in body or "logprobs" in body:
            return 400, {}, b'{"error": "unsupported"}'
        return reply("{}")

    with serving(strict) as url:
        assert OpenAIServer(url, "m").complete(PROMPT).text == "{}"


def test_the_key_is_sent_and_the_path_may_be_given() -> None:
    seen: list[str] = []

    def handle(path: str, body: Body) -> tuple[int, dict[str, str], bytes]:
        seen.append(path)
        return reply("x")

    with serving(handle) as url:
        OpenAIServer(f"{url}/api/v3/", "m").complete(PROMPT)
    assert seen[-1] == "/api/v3/chat/completions"
    assert all(path.startswith("/api/v3/") for path in seen)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(status: int) -> None:
    n_calls = 0

    def handle(path: str, body: Body) -> tuple[int, dict[str, str], bytes]:
        nonlocal n_calls
        n_calls += 1
        return (status, {"Retry-After": "0"}, b"") if n_calls % 3 else reply("fine")

    with serving(handle) as url:
        assert OpenAIServer(url, "m").complete(PROMPT).text == "fine"


@pytest.mark.parametrize("retry_after", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT", "soon", ""])
def test_a_server_that_stays_busy_is_given_up(retry_after: str) -> None:
    n_calls = 0

    def handle(path: str, body: Body) -> tuple[int, dict[str, str], bytes]:
        nonlocal n_calls
        n_calls += 1
        return 429, {"Retry-After": retry_after}, b""

    with serving(handle) as url, pytest.raises(BackendUnavailable) as caught:
        OpenAIServer(url, "m", max_wait_s=0.01).complete(PROMPT)
    assert (caught.value.reason, n_calls) == ("error", 4)


@pytest.mark.parametrize(
    ("status", "headers", "content", "reason"),
    [
        (302, {"Location": "http://127.0.0.1:1/"}, b"", "error"),
        (401, {}, b"secret transcript text", "error"),
        (404, {}, b"", "error"),
        (200, {}, b"<html>", "error"),
        (200, {}, b"[]", "error"),
        (200, {}, b'{"choices": []}', "error"),
        (200, {}, b'{"choices": "x"}', "error"),
        (200, {}, b"[" * 100_000, "error"),
        (200, {}, b" " * (5 << 20), "error"),
    ],
)
def test_what_is_no_completion_is_an_error(status: int, headers: dict[str, str], content: bytes, reason: str) -> None:
    with serving(lambda path, body: (status, headers, content)) as url, pytest.raises(BackendUnavailable) as caught:
        OpenAIServer(url, "m", max_wait_s=0.01).complete(PROMPT)
    assert caught.value.reason == reason
    assert "secret" not in str(caught.value)


def test_a_prompt_that_does_not_fit_is_told_apart() -> None:
    def handle(path: str, body: Body) -> tuple[int, dict[str, str], bytes]:
        long = len(_said(body)) > 100
        return (400, {}, b'{"error": "This model\'s maximum context length is 64 tokens"}') if long else reply("x")

    with serving(handle) as url, pytest.raises(ContextOverflow):
        OpenAIServer(url, "m").complete(JudgePrompt("s", "u" * 200))


def test_a_silent_server_times_out() -> None:
    release = threading.Event()

    def handle(path: str, body: Body) -> tuple[int, dict[str, str], bytes]:
        release.wait(60)
        return reply("late")

    with serving(handle) as url:
        try:
            with pytest.raises(BackendUnavailable) as caught:
                OpenAIServer(url, "m", timeout_s=0.2).complete(PROMPT)
        finally:
            release.set()
    assert caught.value.reason == "timeout"


def test_no_server_is_no_backend() -> None:
    with serving(lambda path, body: reply("x")) as url:
        pass
    with pytest.raises(BackendUnavailable) as caught:
        OpenAIServer(url, "m").complete(PROMPT)
    assert caught.value.reason == "no_backend"


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with serving(lambda path, body: reply("direct")) as url:
        assert OpenAIServer(url, "m").complete(PROMPT).text == "direct"


def test_many_prompts_are_asked_at_once_and_answered_in_order() -> None:
    barrier = threading.Barrier(4, timeout=60)

    def handle(path: str, body: Body) -> tuple[int, dict[str, str], bytes]:
        text = _said(body)
        if text.isdigit():
            barrier.wait()
        return reply(text)

    with serving(handle) as url:
        answers = OpenAIServer(url, "m", concurrency=4).complete_many([JudgePrompt("", str(i)) for i in range(4)])
    assert [answer.text for answer in answers] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("more", "finish"),
    [
        ({"finish": "length"}, "length"),
        ({"finish": "content_filter"}, "content_filter"),
        ({"message": {"refusal": "no"}}, "refusal"),
    ],
)
def test_refusal_and_truncation_are_told(more: dict[str, Any], finish: str) -> None:
    with serving(lambda path, body: reply(None, **more)) as url:
        answer = OpenAIServer(url, "m").complete(PROMPT)
    assert (answer.text, answer.finish_reason) == ("", finish)


def test_text_is_scored_only_where_the_server_can() -> None:
    with serving(Able()) as url:
        able = open_backends(url)
        scorer = able[Need.REFERENCE_LM]
        assert isinstance(scorer, TokenScorer)
        (scored,) = scorer.logprobs([("The cat", " sat down")])
    assert [" sat down"[a:b] for a, b in scored.offsets] == [" ", "sat ", "down"]
    assert scored.logprobs == (-1.0, -1.0, -1.0)
    with serving(lambda path, body: reply("x")) as url:
        assert set(open_backends(url, model="m")) == {Need.JUDGE}


def test_the_digest_names_server_model_and_abilities() -> None:
    with serving(Able()) as url:
        one, same, other = OpenAIServer(url, "a"), OpenAIServer(url, "a"), OpenAIServer(url, "b")
        assert one.digest == same.digest
        assert one.digest != other.digest


def test_a_server_survives_pickling() -> None:
    with serving(Able()) as url:
        server = OpenAIServer(url, "m", timeout_s=5)
        server.complete(PROMPT)
        again = pickle.loads(pickle.dumps(server))  # noqa: S301  # our own bytes
        assert again.complete(PROMPT).text
