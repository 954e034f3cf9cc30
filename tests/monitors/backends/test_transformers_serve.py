"""A real `transformers serve` process: deaf to response_format and logprobs, but with typed decisions."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from monitors.backends import open_backends
from monitors.backends.base import JudgePrompt
from monitors.backends.openai_server import OpenAIServer
from monitors.backends.transformers_local import LocalModel
from monitors.base import Need
from monitors.judging.contract import parse, schema

pytestmark = pytest.mark.lm

START_S = 400


@pytest.fixture(scope="module")
def served(local_model: LocalModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """(url, model) of a server on a free port of this machine."""
    model = local_model._path
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("serve") / "log"
    command = [str(Path(sys.executable).parent / "transformers"), "serve", model]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out, env=environment) as process:
        try:
            _await(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}", model
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, trust_env=False, timeout=1).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    pytest.fail(f"transformers serve did not start: {log.read_text()[-2000:]}")


def test_the_probe_notices_that_schema_and_logprobs_are_ignored(served: tuple[str, str]) -> None:
    server = OpenAIServer(served[0], served[1])
    assert not server.capabilities.json_schema
    assert not server.capabilities.logprobs
    assert server.capabilities.decisions


def test_it_offers_a_judge_and_no_token_scorer(served: tuple[str, str]) -> None:
    assert set(open_backends(served[0], model=served[1])) == {Need.JUDGE}


def test_typed_decisions_answer_within_the_contract(served: tuple[str, str]) -> None:
    quotable = (("reasoning", "Two and two make four."), ("output", "It is four."))
    prompt = JudgePrompt(
        "You classify text.", "Does this text hold a sum?\nTwo and two make four.", schema=schema(), quotable=quotable
    )
    server = OpenAIServer(*served)
    answer, again = server.complete_many([prompt, prompt])
    assert answer.score_expectation is not None
    assert parse(answer.text).score == int(answer.score_expectation)
    assert answer.cost.prompt_tokens > 10
    assert again.score_expectation == pytest.approx(answer.score_expectation, abs=1e-4)
