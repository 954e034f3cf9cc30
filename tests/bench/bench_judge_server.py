"""Judges over HTTP: calls and whole judgements against a server that answers after 50 ms, memory, and money.

The server is a process of its own that computes nothing. A bare client, which sends one ready request over 64
connections again and again in the same run, says how much of the ideal of 64 / 0.05 s the machine itself can carry.
Calls are prompts that are ready, asked together and answered; judgements go from transcript to score, each transcript
new to the process: showing it, cutting it and listening for orders to the judge are in there.
Aims (issue 5): at least 0.9 of the ideal; flat memory over 20,000 judgements.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import multiprocessing as mp
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

from monitors.backends import endpoint
from monitors.backends.base import JudgePrompt
from monitors.backends.openai_server import OpenAIServer
from monitors.backends.prices import Price
from monitors.backends.wire import Address, Wire
from monitors.base import Monitor, Need
from monitors.judging.fence import ask
from monitors.judging.sitting import Asking, measure_many
from monitors.judging.windows import legible, spread, windows
from monitors.registry import build, entries
from monitors.transcript import Message, Part, PartType, Role, Transcript
from tests.bench.bench_scoring import DATA
from tests.bench.judge_server import LATENCY_S, judge_server

CONCURRENCY = 64
IDEAL = CONCURRENCY / LATENCY_S
N_TRANSCRIPTS = 400
# What one call shows: a transcript is one call for each rubric.
MOST_CHARS = 15_000
# More sittings than calls at once: in each, one call goes ahead of the rest.
THREADS = 96
N_RATE, N_JUDGED, ROUNDS = 3_200, 320, 3
N_FEW, N_MANY = 2_000, 20_000
# USD per million tokens: prompt, answer, cached prompt. An answer within the contract has about so many tokens.
PRICE = os.environ.get("BENCH_PRICE", "0.15,0.60,0.075")
ANSWER_TOKENS = 150
NONCE = "0" * 32


def main() -> Iterator[str]:
    yield from _fresh(_rates)
    yield from _fresh(_memory)
    yield from _costs()


def _fresh(measured: Any) -> list[str]:
    """The lines of one measurement, made in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=mp.get_context("spawn")) as process:
        return process.submit(_served, measured).result()


def _served(measured: Any) -> list[str]:
    with judge_server() as url:
        return list(measured(url))


def _rates(url: str) -> Iterator[str]:
    """Bare client and engine in turns, so that a busy neighbour slows both."""
    server = OpenAIServer(url, "bench", concurrency=CONCURRENCY)
    single, several = _judged(server)[:1], _judged(server)[:8]
    transcripts = _transcripts()
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(ROUNDS):
        found.setdefault("bare client", []).append(_timed(lambda: _bare(url, N_RATE), N_RATE))
        prompts = _prompts(several[0], transcripts) * (N_RATE // len(transcripts))
        took = _timed(lambda ready=prompts: server.complete_many(ready), len(prompts))
        found.setdefault("calls", []).append(took)
        for name, monitors in (("1 rubric", single), (f"{len(several)} rubrics in one sitting", several)):
            n_sittings = N_JUDGED // len(monitors)
            took = _timed(lambda m=monitors, n=n_sittings: _judge(m, transcripts, n), n_sittings * len(monitors))
            found.setdefault(f"judgements, {name}", []).append(took)
    bare = max(rate for rate, _ in found["bare client"])
    for name, rounds in found.items():
        rate, cpu = max(rounds)
        yield (
            f"{name}: {rate:,.0f} a second of the ideal {IDEAL:,.0f} (ratio {rate / IDEAL:.2f}; to the bare client"
            f" {rate / bare:.2f}), {cpu * 1e6:.0f} us of processor each;"
            f" rounds {', '.join(f'{one:,.0f}' for one, _ in rounds)}"
        )


def _prompts(monitor: Monitor, transcripts: Sequence[Transcript]) -> list[JudgePrompt]:
    if not isinstance(monitor, Asking):
        raise TypeError("no rubric")
    cut = [windows(legible(one), MOST_CHARS)[0] for one in transcripts]
    return [ask(monitor.question.rubric, window, NONCE) for window in cut]


def _timed(work: Any, n: int) -> tuple[float, float]:
    """Per second, and processor seconds of this process for each."""
    started, used = time.perf_counter(), time.process_time()
    work()
    return n / (time.perf_counter() - started), (time.process_time() - used) / n


def _bare(url: str, n: int) -> None:
    address = Address.of(url, None)
    request = address.request("POST", "/chat/completions", b'{"messages": "%b"}' % (b"x" * 6_000))

    async def connection(wire: Wire) -> None:
        for _ in range(n // CONCURRENCY):
            await wire.exchange(request)

    async def all_of_them() -> None:
        wire = Wire(address)
        await asyncio.gather(*(connection(wire) for _ in range(CONCURRENCY)))
        wire.close()

    endpoint.run(all_of_them())


def _judge(monitors: Sequence[Monitor], transcripts: Sequence[Transcript], n_sittings: int) -> None:
    """From transcript to score, in threads, as the worker does it."""
    left, lock = iter(range(n_sittings)), threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = next(left, None)
            if number is None:
                return
            for score in measure_many(monitors, transcripts[number % len(transcripts)]):
                if score.value is None:
                    raise RuntimeError(f"not scored: {score.reason} {score.rationale}")

    with ThreadPoolExecutor(THREADS) as pool:
        for future in [pool.submit(work) for _ in range(THREADS)]:
            future.result()


def _memory(url: str) -> Iterator[str]:
    monitors = _judged(OpenAIServer(url, "bench", concurrency=CONCURRENCY))[:8]
    transcripts = _transcripts()
    _judge(monitors, transcripts, N_FEW // len(monitors))
    few = _resident_mb()
    _judge(monitors, transcripts, (N_MANY - N_FEW) // len(monitors))
    many = _resident_mb()
    yield f"peak memory after {N_FEW:,} judgements {few:.0f} MB, after {N_MANY:,} {many:.0f} MB ({many - few:+.1f} MB)"


def _resident_mb() -> float:
    """The largest so far, of this process alone: what a fork inherits as its peak does not count."""
    with open("/proc/self/status", encoding="ascii") as lines:
        [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(peak) / 1024


def _costs() -> Iterator[str]:
    """Tokens as the bundled model's tokenizer counts them; what a sitting shares is cached from the second on."""
    from monitors.backends.transformers_local import LocalModel

    price, lm, transcripts = Price.read(PRICE), LocalModel(), _transcripts()[:100]
    everything = _judged(None)
    sets = {"the two of the default set": [m for m in everything if _name(m) in _DEFAULT], "all": everything}
    for name, monitors in sets.items():
        prompt, cached, n_calls = _tokens(lm, monitors, transcripts)
        money = price.of(prompt, n_calls * ANSWER_TOKENS, cached) / len(transcripts) * 1000
        plain = price.of(prompt, n_calls * ANSWER_TOKENS) / len(transcripts) * 1000
        yield (
            f"cost per 1,000 traces, {name} ({len(monitors)} rubrics): {money:.2f} USD"
            f" at {PRICE} USD per million tokens (prompt, answer, cached prompt); without a prefix cache {plain:.2f};"
            f" {prompt / len(transcripts):,.0f} prompt tokens a trace, {cached / prompt:.0%} of them cached,"
            f" {n_calls / len(transcripts):.1f} calls of {ANSWER_TOKENS} tokens"
        )


_DEFAULT = frozenset({"judge_encoded_reasoning", "judge_unfaithful_explanation"})


def _name(monitor: Monitor) -> str:
    return monitor.question.rubric.name if isinstance(monitor, Asking) else ""


def _tokens(lm: Any, monitors: Sequence[Monitor], transcripts: Sequence[Transcript]) -> tuple[int, int, int]:
    prompt = cached = n_calls = 0
    for transcript in transcripts:
        seen: dict[str, int] = {}
        for monitor in monitors:
            if not isinstance(monitor, Asking):
                continue
            question = monitor.question
            cut = windows(legible(transcript, question.rubric.hides), 16_000)
            for index in spread(len(cut), question.max_windows):
                asked = ask(question.rubric, cut[index], NONCE)
                shared = asked.system + asked.user[: asked.n_shared]
                cached += seen.get(shared, 0)
                if shared not in seen:
                    seen[shared] = len(lm.tokenize([shared])[0])
                prompt += seen[shared] + len(lm.tokenize([asked.user[asked.n_shared :]])[0])
                n_calls += 1
    return prompt, cached, n_calls


def _judged(server: OpenAIServer | None) -> list[Monitor]:
    """Every rubric that shows the whole transcript and asks once, with this judge."""
    backends = {Need.JUDGE: server} if server else {}
    built = [build(name, backends=backends) for name, entry in entries().items() if Need.JUDGE in entry.needs]
    return [
        monitor
        for monitor in built
        if isinstance(monitor, Asking)
        and not (monitor.question.rubric.hides or monitor.question.extract_first or monitor.question.samples)
    ]


def _transcripts() -> list[Transcript]:
    with gzip.open(DATA, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    step = math.ceil(len(rows) / N_TRANSCRIPTS)
    chosen = (_transcript(row) for row in rows[::step] if row["reasoning"] and row["answer"])
    return [one for one in chosen if sum(len(part.text) for part in one.parts) < MOST_CHARS]


def _transcript(row: dict[str, Any]) -> Transcript:
    reply = (Part(PartType.REASONING, row["reasoning"]), Part(PartType.TEXT, row["answer"]))
    messages = (Message(Role.USER, (Part(PartType.TEXT, row["prompt"]),)), Message(Role.ASSISTANT, reply))
    return Transcript(row["id"], messages)


if __name__ == "__main__":
    for line in main():
        print(line)
