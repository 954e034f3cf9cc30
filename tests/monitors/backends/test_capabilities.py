"""What a server can do, found by asking: each as its makers' servers answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from monitors.backends.base import ContextOverflow, JudgePrompt
from monitors.backends.dialects import DIALECTS
from monitors.backends.openai_server import MOST_CHARS, UNTOLD_CHARS, Capabilities, OpenAIServer
from monitors.judging.contract import parse
from tests.monitors.backends.test_openai_server import Body, reply, serving

Handled = tuple[int, dict[str, str], bytes]
SCHEMA: dict[str, object] = {"type": "object", "properties": {}}


def told(value: object) -> Handled:
    return 200, {}, json.dumps(value).encode()


def probed(handle: Callable[[str, Body], Handled]) -> Capabilities:
    with serving(handle) as url:
        return OpenAIServer(url, "m").capabilities


def _word(found: Any) -> str | None:
    """The riddle's word, wherever in a request its schema stands."""
    if isinstance(found, dict):
        if "enum" in found:
            return str(found["enum"][0])
        return next((word for value in found.values() if (word := _word(value))), None)
    return None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_dialect_that_a_server_obeys_is_found_and_used(dialect: str) -> None:
    bodies: list[Body] = []

    def handle(path: str, body: Body) -> Handled:
        if path != "/v1/chat/completions":
            return 404, {}, b"{}"
        bodies.append(body)
        (key,) = DIALECTS[dialect](SCHEMA)
        is_own = key in body and (dialect != "json_object" or body[key]["type"] == "json_object")
        is_own = is_own and (dialect != "response_format" or body[key]["type"] == "json_schema")
        return reply(json.dumps({"word": _word(body[key])}) if is_own else "Blue.")

    with serving(handle) as url:
        server = OpenAIServer(url, "m")
        assert server.capabilities.dialect == dialect
        server.complete(JudgePrompt("", "u", schema=SCHEMA))
    assert DIALECTS[dialect](SCHEMA).items() <= bodies[-1].items()


CHAT = "/v1/chat/completions"
CONTEXTS: dict[str, tuple[dict[str, object], int | None]] = {
    "vllm": ({"/v1/models": {"data": [{"id": "x", "max_model_len": 9}, {"id": "m", "max_model_len": 8192}]}}, 8192),
    "openrouter": ({"/v1/models": {"data": [{"id": "m", "context_length": 131_072}]}}, 131_072),
    "llama.cpp": ({"/props": {"default_generation_settings": {"n_ctx": 4096}}}, 4096),
    "ollama": (
        {
            "/api/ps": {"models": [{"name": "m", "context_length": 4096}]},
            "/api/show": {"model_info": {"qwen2.context_length": 32_768}, "parameters": "temperature 1\nnum_ctx 16384"},
        },
        4096,
    ),
    "ollama at rest": (
        {"/api/show": {"model_info": {"qwen2.context_length": 32_768}, "parameters": "num_ctx   16384"}},
        16_384,
    ),
    "nonsense": (
        {"/v1/models": {"data": [{"id": "m", "max_model_len": "long"}]}, "/props": {"default_generation_settings": 7}},
        None,
    ),
    "silent": ({}, None),
}


@pytest.mark.parametrize("maker", CONTEXTS)
def test_the_context_is_read_where_each_server_tells_it(maker: str) -> None:
    answers, context = CONTEXTS[maker]

    def handle(path: str, body: Body) -> Handled:
        if path == CHAT:
            return reply("Blue.")
        return told(answers[path]) if path in answers else (404, {}, b"{}")

    assert probed(handle).context == context


def _with_context(context: int, prompt_tokens: int) -> Callable[[str, Body], Handled]:
    def handle(path: str, body: Body) -> Handled:
        if path == "/v1/models":
            return told({"data": [{"id": "m", "max_model_len": context}]})
        message = {"role": "assistant", "content": "{}"}
        usage = {"prompt_tokens": prompt_tokens, "completion_tokens": 2}
        return (
            told({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage})
            if path == CHAT
            else (404, {}, b"")
        )

    return handle


@pytest.mark.parametrize(("context", "prompt_tokens"), [(4096, 4094), (100_000, 300)])
def test_a_prompt_that_was_cut_without_a_word_is_no_answer(context: int, prompt_tokens: int) -> None:
    with serving(_with_context(context, prompt_tokens)) as url, pytest.raises(ContextOverflow):
        OpenAIServer(url, "m").complete(JudgePrompt("", "word " * 4_000))


def test_a_prompt_that_was_read_whole_is_answered() -> None:
    with serving(_with_context(8192, 4_010)) as url:
        assert OpenAIServer(url, "m").complete(JudgePrompt("", "word " * 4_000)).text == "{}"


@pytest.mark.parametrize(
    ("context", "text", "room"),
    [(8192, "plain", 18_576), (8192, "漢字", 6_192), (1_000_000, "plain", MOST_CHARS)],
)
def test_what_the_context_holds_depends_on_the_script(context: int, text: str, room: int) -> None:
    with serving(_with_context(context, 9)) as url:
        assert OpenAIServer(url, "m").room([text]) == room
    with serving(lambda path, body: reply("x")) as url:
        assert OpenAIServer(url, "m").room([text]) == UNTOLD_CHARS


def test_a_server_that_wants_the_newer_words_gets_them() -> None:
    bodies: list[Body] = []

    def handle(path: str, body: Body) -> Handled:
        if path != CHAT:
            return 404, {}, b"{}"
        bodies.append(body)
        return (400, {}, b'{"error": "use max_completion_tokens"}') if "max_tokens" in body else reply("x")

    with serving(handle) as url:
        OpenAIServer(url, "m").complete(JudgePrompt("", "u", max_tokens=77))
    assert bodies[-1]["max_completion_tokens"] == 77
    assert "temperature" not in bodies[-1]


def test_a_sample_is_drawn_at_its_temperature() -> None:
    bodies: list[Body] = []

    def handle(path: str, body: Body) -> Handled:
        bodies.append(body)
        return reply("x") if path == CHAT else (404, {}, b"{}")

    with serving(handle) as url:
        OpenAIServer(url, "m").complete(JudgePrompt("", "u", temperature=0.7, seed=5))
    assert (bodies[-1]["temperature"], bodies[-1]["seed"]) == (0.7, 5)


class Deciding:
    """`transformers serve`: deaf to schemas, but with typed decisions."""

    def __init__(self, level: int) -> None:
        self.level = level
        self.questions: list[dict[str, Any]] = []

    def __call__(self, path: str, body: Body) -> Handled:
        if path == CHAT:
            return reply("Blue.")
        if path != "/v1/systemone":
            return 404, {}, b"{}"
        [(name, question)] = body["questions"].items()
        self.questions.append(question)
        if question["type"] == "noul":
            answer: dict[str, Any] = {"type": "noul", "noul": 0.5}
        elif question["type"] == "score":
            weights = [0.5 if at in (self.level, self.level + 1) else 0.0 for at in range(len(question["criteria"]))]
            answer = {"type": "score", "probabilities": dict(zip(map(str, range(11)), weights, strict=True))}
        else:
            best = max(question["criteria"], key=lambda key: question["criteria"][key])
            answer = {"type": "choice", "probabilities": {key: float(key == best) for key in question["criteria"]}}
        return told({"answers": {name: answer}, "usage": {"input_tokens": 40, "output_tokens": 0}})


def test_typed_decisions_give_a_score_and_a_quote_within_the_contract() -> None:
    deciding = Deciding(7)
    quotable = tuple(("reasoning", f"sentence {number:03d}") for number in range(60))
    with serving(deciding) as url:
        server = OpenAIServer(url, "m")
        assert (server.capabilities.decisions, server.capabilities.dialect) == (True, "")
        answer = server.complete(JudgePrompt("s", "u", quotable=quotable))
    read = parse(answer.text)
    assert (answer.score_expectation, read.score, read.verdict) == (7.5, 7, "positive")
    assert [quote.quote for quote in read.evidence] == ["sentence 059"]
    # One for the score, three groups of at most 26 sentences, one among their winners.
    assert (answer.cost.calls, answer.cost.prompt_tokens) == (5, 200)
    assert max(len(question["criteria"]) for question in deciding.questions if "criteria" in question) == 26


def test_a_low_decision_asks_for_no_quote() -> None:
    deciding = Deciding(0)
    with serving(deciding) as url:
        answer = OpenAIServer(url, "m").complete(JudgePrompt("s", "u", quotable=(("output", "text"),)))
    assert parse(answer.text).verdict == "negative"
    assert answer.cost.calls == 1
