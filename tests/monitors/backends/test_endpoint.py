"""One server, asked by many: what its slots, pauses and breaker do to all of them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from monitors.backends.base import ContextOverflow, JudgePrompt
from monitors.backends.breaker import Circuit
from monitors.backends.http_json import JsonClient
from monitors.backends.openai_server import OpenAIServer
from monitors.base import Need, State, measure
from monitors.errors import BackendUnavailable
from monitors.registry import build
from monitors.transcript import Message, Part, PartType, Role, Transcript
from tests.monitors.backends.test_openai_server import Body, reply, serving
from tests.monitors.backends.test_wire import BODY, CLOSE, speaking

Handled = tuple[int, dict[str, str], bytes]


class Counting:
    """Answers, and knows how many questions it had before it at once."""

    def __init__(self) -> None:
        self.most = self.now = 0
        self.lock = threading.Lock()

    def __call__(self, path: str, body: Body) -> Handled:
        said = body["messages"][-1]["content"] if "messages" in body else ""
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        # Long enough that a further question which may come does come.
        threading.Event().wait(0.02)
        with self.lock:
            self.now -= 1
        return reply(said) if path == "/v1/chat/completions" else (404, {}, b"{}")


def test_all_clients_of_a_process_share_one_limit() -> None:
    counting = Counting()
    with serving(counting) as url, ThreadPoolExecutor(12) as pool:
        servers = [OpenAIServer(url, "m", concurrency=3) for _ in range(3)]
        for server in servers:
            assert server.capabilities
        answers = list(pool.map(lambda n: servers[n % 3].complete(JudgePrompt("", f"q{n}")).text, range(24)))
    assert answers == [f"q{n}" for n in range(24)]
    assert counting.most == 3


def test_the_first_of_those_that_share_a_beginning_goes_ahead() -> None:
    """Two beginnings with four questions each: both first ones at once, then the other six at once."""
    together = {True: threading.Barrier(2, timeout=20), False: threading.Barrier(6, timeout=20)}
    answered: list[str] = []

    def handle(path: str, body: Body) -> Handled:
        said = str(body["messages"][-1]["content"]) if "messages" in body else ""
        if "rubric" in said:
            is_first = said.endswith("0")
            assert is_first or f"{said[:2]} rubric 0" in answered
            together[is_first].wait()
            answered.append(said)
        return reply(said) if path == "/v1/chat/completions" else (404, {}, b"{}")

    prompts = [JudgePrompt("s", f"{text} rubric {n}", n_shared=2) for n in range(4) for text in ("A:", "B:")]
    with serving(handle) as url:
        answers = OpenAIServer(url, "m", concurrency=8).complete_many(prompts)
    assert [answer.text for answer in answers] == [prompt.user for prompt in prompts]


def test_one_that_is_refused_does_not_take_the_others_with_it() -> None:
    def handle(path: str, body: Body) -> Handled:
        said = body["messages"][-1]["content"] if "messages" in body else ""
        if "long" in said:
            return 400, {}, b"maximum context length"
        return (403, {}, b"") if "bad" in said else reply(said)

    with serving(handle) as url:
        server = OpenAIServer(url, "m")
        answers = server.complete_each([JudgePrompt("", said) for said in ("fine", "bad", "long")])
        assert [type(answer).__name__ for answer in answers] == ["JudgeAnswer", "Refused", "ContextOverflow"]
        with pytest.raises(ContextOverflow):
            server.complete_many([JudgePrompt("", said) for said in ("fine", "bad", "long")])


def test_a_server_that_is_busy_holds_all_back_and_is_asked_less_at_once() -> None:
    times: list[float] = []
    refused = threading.Event()

    def handle(path: str, body: Body) -> Handled:
        times.append(time.monotonic())
        if not refused.is_set():
            refused.set()
            return 429, {"Retry-After": "1"}, b""
        return 200, {}, b"{}"

    with serving(handle) as url:
        clients = [JsonClient(url, None, timeout_s=5, max_wait_s=0.3, concurrency=4) for _ in range(4)]
        assert clients[0].get("/first") == {}
        asked_at = times[0]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda client: client.get("/x"), clients))
        assert clients[0].endpoint is clients[3].endpoint
        assert clients[0].endpoint.breaker.state is Circuit.CLOSED
    assert min(times[1:]) - asked_at >= 0.3


def test_a_limit_that_is_used_up_makes_the_next_question_wait() -> None:
    times: list[float] = []

    def handle(path: str, body: Body) -> Handled:
        times.append(time.monotonic())
        return 200, {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "250ms"}, b"{}"

    with serving(handle) as url:
        client = JsonClient(url, None, timeout_s=5, max_wait_s=5)
        client.get("/a")
        client.get("/b")
    assert times[1] - times[0] >= 0.25


def test_a_server_that_is_broken_is_left_alone_and_the_reason_is_told() -> None:
    n_calls = 0

    def handle(path: str, body: Body) -> Handled:
        nonlocal n_calls
        n_calls += 1
        return 500, {}, b""

    with serving(handle) as url:
        client = JsonClient(url, None, timeout_s=5, max_wait_s=0.001)
        reasons = []
        for _ in range(4):
            with pytest.raises(BackendUnavailable) as caught:
                client.post("/x", {})
            reasons.append((caught.value.reason, str(caught.value)))
        assert client.endpoint.breaker.state is Circuit.OPEN
    assert n_calls == 10
    assert reasons[0] == ("error", "the model server answered 500 4 times")
    assert reasons[3][0] == "error"
    assert reasons[3][1].startswith("the model server failed 10 times in a row; it is asked again in ")


def test_an_open_breaker_is_unscored_and_never_benign() -> None:
    reasoned = (Part(PartType.REASONING, "Two and two is four."), Part(PartType.TEXT, "4"))
    transcript = Transcript("t", (Message(Role.ASSISTANT, reasoned),))
    with serving(lambda path, body: (500, {}, b"")) as url:
        server = OpenAIServer(url, "m", max_wait_s=0.001)
        scores = [
            measure(build("judge_encoded_reasoning", backends={Need.JUDGE: server}), transcript) for _ in range(4)
        ]
    assert {(score.state, score.value, score.reason) for score in scores} == {(State.UNSCORED, None, "error")}
    assert "in a row" in scores[-1].rationale


def test_a_reply_that_broke_off_is_asked_for_again() -> None:
    with speaking([BODY[:-1], CLOSE], [BODY]) as (url, heard):
        assert JsonClient(url, None, timeout_s=5, max_wait_s=0.001).get("/a") == {}
    assert len(heard) == 2


def test_a_text_that_no_utf8_holds_is_sent_all_the_same() -> None:
    def handle(path: str, body: Body) -> Handled:
        return reply(body["messages"][-1]["content"]) if "messages" in body else (404, {}, b"")

    with serving(handle) as url:
        assert OpenAIServer(url, "m").complete(JudgePrompt("", "a\ud800b")).text == "a\ufffdb"
