"""LM scoring against a bare batched forward pass on the same tokens, padding, and memory against length.

The small real model on real transcripts (the demo's), both in one process, in turns. Memory is the peak of processes of
their own, over a model of the same vocabulary with one thin layer: what grows with a text's length would show there.
With CUDA, the same code over a 1.5B-parameter configuration with random weights: tokens a second and FLOP utilisation.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "oversight" / "demo" / "data" / "transcripts.jsonl.gz"
# Texts of all lengths, from a few sentences to a page.
N_TEXTS, ROUNDS, MIN_CHARS, MAX_CHARS, CONTEXT_CHARS = 24, 3, 200, 2_400, 400
LENGTHS = (10_000, 50_000, 200_000)
# Dense bf16 peak in FLOP/s by a word of the device's name, as their maker states it.
PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "4090": 165e12}
# Qwen2.5-1.5B's shape.
LARGE = {
    "hidden_size": 1536,
    "intermediate_size": 8960,
    "num_hidden_layers": 28,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "vocab_size": 151_936,
    "tie_word_embeddings": True,
    "max_position_embeddings": 32_768,
}


def main() -> Iterator[str]:
    yield from _memory()
    yield from _ratio()
    yield from _gpu()


def _ratio() -> Iterator[str]:
    from monitors.backends.token_windows import batches_of
    from monitors.backends.tokens import Tokens
    from monitors.backends.transformers_local import LocalModel

    lm, texts = LocalModel(), _texts()
    lm.logprobs(texts[:1])
    batches = batches_of(Tokens.of(lm._tokenizer, texts).pieces)
    n_tokens = sum(len(piece.tokens) for batch in batches for piece in batch)
    n_padded = sum(len(batch) * len(batch[0].tokens) for batch in batches)
    ratios = []
    for _ in range(ROUNDS):
        bare = _seconds(lambda: _bare(lm._lm, [[piece.tokens for piece in batch] for batch in batches]))
        ours = _seconds(lambda: lm.logprobs(texts))
        ratios.append(bare / ours)
        told = f"{n_tokens / ours:,.0f} tokens/s scored, {n_tokens / bare:,.0f} bare"
    middle = sorted(ratios)[len(ratios) // 2]
    lengths = sorted(len(piece.tokens) for batch in batches for piece in batch)
    yield (
        f"{len(texts)} real texts, {n_tokens:,} tokens with contexts ({lengths[0]:,} to {lengths[-1]:,} a text), "
        f"{len(batches)} batches; last round: {told}"
    )
    yield f"ratio, scoring to the bare forward pass with all logits: {middle:.2f} (median of {_told(ratios)})"
    yield f"padding: {1 - n_tokens / n_padded:.1%} of the tokens computed"


def _told(ratios: Sequence[float]) -> str:
    return ", ".join(f"{ratio:.2f}" for ratio in ratios)


def _texts() -> list[tuple[str, str]]:
    with gzip.open(DATA, "rt") as lines:
        records = [json.loads(line) for line in lines]
    found = sorted(
        (
            (f"{record.get('prompt') or ''}\n\n"[-CONTEXT_CHARS:], record["reasoning"])
            for record in records
            if MIN_CHARS < len(record.get("reasoning") or "") <= MAX_CHARS
        ),
        key=lambda pair: len(pair[1]),
    )
    return [found[at * (len(found) - 1) // (N_TEXTS - 1)] for at in range(N_TEXTS)]


def _bare(lm: Any, batches: Sequence[Sequence[Sequence[int]]]) -> None:
    """A forward pass as one writes it first: padded batches with their mask, logits of all tokens, nothing kept."""
    import torch

    with torch.inference_mode():
        for batch in batches:
            width = max(map(len, batch))
            ids = torch.zeros((len(batch), width), dtype=torch.long)
            mask = torch.zeros((len(batch), width), dtype=torch.long)
            for row, tokens in enumerate(batch):
                ids[row, : len(tokens)], mask[row, : len(tokens)] = torch.tensor(tokens), 1
            lm(input_ids=ids.to(lm.device), attention_mask=mask.to(lm.device), use_cache=False)
        if lm.device.type == "cuda":
            torch.cuda.synchronize()


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _memory() -> Iterator[str]:
    found = [[_peak_of(n) for _ in range(ROUNDS)] for n in LENGTHS]
    told = ", ".join(
        f"{n:,} tokens {min(peaks):,.0f} to {max(peaks):,.0f} MiB" for n, peaks in zip(LENGTHS, found, strict=True)
    )
    yield f"peak memory while one text is scored, {ROUNDS} processes each: {told}"
    first, last = min(found[0]), min(found[-1])
    yield f"growth of the least from {LENGTHS[0]:,} to {LENGTHS[-1]:,} tokens: {last - first:,.0f} MiB"


def _peak_of(n_tokens: int) -> float:
    """How much the peak of resident memory rises while a text of so many tokens is scored, in MiB.

    What the C library keeps of the first pass differs from process to process by hundreds of MiB, at any length.
    """
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(n_tokens)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    before, after = done.stdout.splitlines()[-1].split()
    return float(after) - float(before)


def _score_one(n_tokens: int) -> None:
    """In a process of its own: score a text of so many tokens; print the peaks of resident memory in MiB."""
    from monitors.backends.transformers_local import LocalModel

    lm = LocalModel()
    lm.__dict__["_lm"] = random_model(
        {
            "hidden_size": 64,
            "intermediate_size": 64,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "vocab_size": 49_152,
        }
    )
    draw = random.Random(4)
    text = " ".join(draw.choice(("stone", "river", "seven", "because")) for _ in range(n_tokens))
    lm.logprobs([("A question.\n\n", "stone")])
    before = _peak()
    (scored,) = lm.logprobs([("A question.\n\n", text)])
    assert len(scored.offsets) == n_tokens
    print(before, _peak())


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def random_model(shape: dict[str, Any]) -> Any:
    """A Qwen2 model of this shape with random weights in bf16, on the GPU when there is one."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    device = "cuda" if torch.cuda.is_available() else "cpu"
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            lm = Qwen2ForCausalLM(Qwen2Config(**shape))
    finally:
        torch.set_default_dtype(before)
    return lm.eval()


def _gpu() -> Iterator[str]:
    import torch

    if not torch.cuda.is_available():
        yield "no CUDA device here: tokens a second and FLOP utilisation of a 1.5B model were not measured"
        return
    name = torch.cuda.get_device_name()
    peak = next((flops for word, flops in PEAKS.items() if word in name), None)
    yield from large_model(LARGE, n_texts=256, name=name, peak=peak)


def large_model(shape: dict[str, Any], *, n_texts: int, name: str, peak: float | None) -> Iterator[str]:
    """Texts of 300 to 2,000 random tokens through the code that scores, beside the bare pass."""
    import torch

    from monitors.backends.forward_pass import batch_tokens, log_probabilities
    from monitors.backends.token_windows import batches_of, pieces_of

    lm, draw = random_model(shape), random.Random(7)
    texts = [draw.choices(range(shape["vocab_size"]), k=draw.randint(300, 2_000)) for _ in range(n_texts)]
    pieces = [piece for index, ids in enumerate(texts) for piece in pieces_of(index, (), ids)]
    batches = batches_of(pieces, batch_tokens(lm))
    n_tokens = sum(len(piece.tokens) for piece in pieces)
    n_padded = sum(len(batch) * len(batch[0].tokens) for batch in batches)

    def scored() -> None:
        with torch.inference_mode():
            for batch in batches:
                log_probabilities(lm, batch)

    small = [[piece.tokens for piece in batch[at : at + 8]] for batch in batches for at in range(0, len(batch), 8)]
    scored()
    _bare(lm, small[:1])
    ours = min(_seconds(scored) for _ in range(ROUNDS))
    bare = min(_seconds(lambda: _bare(lm, small)) for _ in range(ROUNDS))
    flops = sum(_flops(shape, len(piece.tokens)) for piece in pieces) / ours
    used = f"{flops / peak:.1%} of {peak / 1e12:,.0f} TFLOP/s" if peak else "this device's peak is not known"
    n_parameters = sum(parameter.numel() for parameter in lm.parameters())
    yield f"{name}: {n_parameters / 1e9:.2f}B parameters, random, bf16; {n_tokens:,} tokens in {len(batches)} batches"
    yield f"{n_tokens / ours:,.0f} tokens/s scored; ratio to a bare pass (8 texts, all logits): {bare / ours:.2f}"
    yield f"model FLOP utilisation: {flops / 1e12:,.1f} TFLOP/s, {used}; padding {1 - n_tokens / n_padded:.1%}"


def _flops(shape: dict[str, Any], n_tokens: int) -> float:
    """Of one forward pass over a text: 2 a weight and token, and causal attention; embeddings are looked up."""
    width, layers = shape["hidden_size"], shape["num_hidden_layers"]
    key_width = width // shape["num_attention_heads"] * shape["num_key_value_heads"]
    layer = 2 * width * (width + key_width) + 3 * width * shape["intermediate_size"]
    weights = layers * layer + width * shape["vocab_size"]
    return float(2 * weights * n_tokens + 2 * layers * width * n_tokens**2)


if __name__ == "__main__":
    _score_one(int(sys.argv[1]))
