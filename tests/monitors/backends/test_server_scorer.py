"""A server that scores prompts is used in the way it answers; what does not spell the text is refused."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from monitors.backends.server_scorer import ServerScorer
from monitors.errors import BackendUnavailable
from tests.monitors.backends.test_openai_server import serving

Reply = tuple[int, dict[str, str], bytes]
REFUSED: Reply = (404, {}, b"{}")


def _words(text: str) -> list[str]:
    parts = text.split(" ")
    return [parts[0], *(f" {word}" for word in parts[1:])]


def _vllm(path: str, body: dict[str, Any]) -> Reply:
    if path != "/v1/completions" or "prompt_logprobs" not in body:
        return 200, {}, b'{"choices": [{"text": "x", "logprobs": null}]}'
    entries = [None] + [
        {str(n): {"logprob": -float(n), "rank": 1, "decoded_token": word}}
        for n, word in enumerate(_words(body["prompt"])[1:], 1)
    ]
    return 200, {}, json.dumps({"choices": [{"text": "x", "prompt_logprobs": entries}]}).encode()


def _sglang(path: str, body: dict[str, Any]) -> Reply:
    if path != "/generate":
        return REFUSED
    entries = [[-float(n) if n else None, n, word] for n, word in enumerate(_words(body["text"]))]
    return 200, {}, json.dumps({"text": "x", "meta_info": {"input_token_logprobs": entries}}).encode()


@pytest.mark.parametrize("handle", [_vllm, _sglang])
def test_each_way_of_scoring_a_prompt_is_found(handle: Any) -> None:
    with serving(handle) as url:
        scorer = ServerScorer(url, "m")
        assert scorer.is_able()
        alone, told = scorer.logprobs([("", "one two three"), ("Why? ", "because of rain")])
        assert pickle.loads(pickle.dumps(scorer)).is_able()  # noqa: S301  # our own bytes
    assert alone.offsets == ((0, 3), (3, 7), (7, 13))
    assert alone.logprobs == (None, -1.0, -2.0)
    assert told.offsets == ((0, 7), (7, 10), (10, 15))
    assert told.logprobs == (-1.0, -2.0, -3.0)


def test_a_server_that_scores_nothing_is_not_able() -> None:
    with serving(lambda path, body: (200, {}, b'{"choices": [{"text": "x"}]}')) as url:
        scorer = ServerScorer(url, "m")
        assert not scorer.is_able()
        with pytest.raises(BackendUnavailable, match="does not score"):
            scorer.logprobs([("", "text")])


def test_tokens_that_do_not_spell_the_text_are_refused() -> None:
    def lossy(path: str, body: dict[str, Any]) -> Reply:
        status, headers, reply = _vllm(path, body)
        return status, headers, reply.replace(b" rain", b" \xef\xbf\xbd")

    with serving(lossy) as url, pytest.raises(BackendUnavailable, match="do not spell"):
        ServerScorer(url, "m").logprobs([("", "because of rain")])
