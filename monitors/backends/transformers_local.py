"""A Hugging Face causal LM in this process: reference LM, and a judge that fills the contract slot by slot."""

from __future__ import annotations

import hashlib
import json
import math
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from monitors.backends.base import ContextOverflow, JudgeAnswer, JudgePrompt, TokenLogprobs
from monitors.backends.weights import fingerprint, resolve
from monitors.base import Cost
from monitors.errors import BackendUnavailable

# Raised when what the numbers mean changes: how slots are filled, how windows are laid.
METHOD = "slots-1"
WINDOW = 2048
STRIDE = 1536
BATCH_TOKENS = 4096
# Rows of logits held at once: 256 x 49,152 float32 are 50 MB.
HEAD_ROWS = 256


@dataclass(frozen=True, slots=True)
class _Piece:
    """One forward pass: tokens of text number `text` from `start`; those from `scored_from` on are scored."""

    text: int
    start: int
    scored_from: int
    tokens: tuple[int, ...]


class LocalModel:
    """Judge and TokenScorer over a local model, loaded at first use and once per process."""

    def __init__(self, model: str | None = None, cache_dir: Path | None = None) -> None:
        # Threads of torch that spin at each barrier cost a shared two-core machine 80 % of its speed (measured); the
        # OpenMP library reads this once, when torch is first imported.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        self._name = model
        self._cache_dir = cache_dir
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[LocalModel], tuple[str | None, Path | None]]:
        return LocalModel, (self._name, self._cache_dir)

    @cached_property
    def _path(self) -> str:
        return resolve(self._name, self._cache_dir)

    @property
    def model(self) -> str:
        return self._name or "SmolLM2-135M-Instruct"

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps([METHOD, "bfloat16", fingerprint(self._path)]).encode()).hexdigest()

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        with _reported(self.model):
            tokenizer = AutoTokenizer.from_pretrained(self._path)
        if not tokenizer.is_fast:
            raise BackendUnavailable(f"{self.model}: its tokenizer gives no character offsets")
        # Long texts are cut into windows here, so the tokenizer's warning about length means nothing.
        tokenizer.model_max_length = int(1e12)
        return tokenizer

    @cached_property
    def _lm(self) -> Any:
        import torch
        from transformers import AutoModelForCausalLM

        # torch counts the machine's cores, not those that this process may use.
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        with _reported(self.model):
            lm: Any = AutoModelForCausalLM.from_pretrained(self._path, dtype=torch.bfloat16)
        return lm.eval().to("cuda" if torch.cuda.is_available() else "cpu")

    @property
    def _context(self) -> int:
        return int(getattr(self._lm.config, "max_position_embeddings", WINDOW))

    def complete_many(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer]:
        return [self.complete(prompt) for prompt in prompts]

    def complete(self, prompt: JudgePrompt, /) -> JudgeAnswer:
        """Fill the judge contract under a grammar: the model chooses one quote among the sentences, then a score.

        The score is the expectation over 0..10; p and verdict follow from it, because a small model's separate answers
        to the same question contradict each other. It gives no reasons, so none are written.
        """
        import torch

        with self._lock, torch.inference_mode():
            tokens = self._chat(prompt)
            if len(tokens) + prompt.max_tokens > self._context:
                raise ContextOverflow(f"{len(tokens)} tokens do not fit the context of {self._context}")
            reply = _Reply(self._lm, self._tokenizer, tokens)
            evidence = self._evidence(reply, prompt.quotable)
            expectation = reply.write('], "score": ').expected_digits()
            answer = {
                "evidence": evidence,
                "score": int(expectation),
                "p": int(expectation * 10),
                "verdict": "positive" if expectation >= 5 else "negative",
            }
        cost = Cost(calls=1, prompt_tokens=len(tokens), completion_tokens=reply.n_written)
        return JudgeAnswer(json.dumps(answer), score_expectation=expectation, cost=cost)

    def _chat(self, prompt: JudgePrompt) -> list[int]:
        """Tokens of the chat; the texts themselves can never become control tokens, whatever they contain."""
        marks = ("\x00system\x00", "\x00user\x00")
        template = self._tokenizer.apply_chat_template(
            [{"role": "system", "content": marks[0]}, {"role": "user", "content": marks[1]}],
            tokenize=False,
            add_generation_prompt=True,
        )
        before, _, rest = template.partition(marks[0])
        between, _, after = rest.partition(marks[1])
        return [
            *self._encode(before, special=True),
            *self._encode(prompt.system),
            *self._encode(between, special=True),
            *self._encode(prompt.user),
            *self._encode(after, special=True),
        ]

    def _encode(self, text: str, *, special: bool = False) -> list[int]:
        text = _replace_surrogates(text)
        return list(self._tokenizer(text, add_special_tokens=False, split_special_tokens=not special)["input_ids"])

    def _evidence(self, reply: _Reply, quotable: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
        if not quotable:
            reply.write('{"evidence": [')
            return []
        source, quote = reply.write('{"evidence": [{"quote": "').choose(quotable)
        reply.write(f'", "source": "{source}"}}')
        return [
            {"quote": quote, "source": source, "why": "Chosen by the model among the sentences; it gave no reason."}
        ]

    def logprobs(self, texts: Sequence[tuple[str, str]], /) -> list[TokenLogprobs]:
        """Natural-log probability of each token given its context and up to 2,048 tokens before it.

        Long texts are read in windows that overlap by a quarter; each token is scored once, in the window where it has
        the most tokens before it. Of a context that is longer than half a window the end is kept.
        """
        import torch

        encoded = [self._tokenize(text) for _, text in texts]
        contexts = [self._encode(context)[-WINDOW // 2 :] for context, _ in texts]
        values = [[math.nan] * len(ids) for ids, _ in encoded]
        pieces = [
            piece
            for index, ((ids, _), context) in enumerate(zip(encoded, contexts, strict=True))
            for piece in _pieces(index, context, ids)
        ]
        with self._lock, torch.inference_mode():
            for batch in _batches(pieces):
                for piece, scores in zip(batch, self._forward(batch), strict=True):
                    first = piece.start + piece.scored_from - len(contexts[piece.text])
                    values[piece.text][first : first + len(scores)] = scores
        return [
            TokenLogprobs(offsets, tuple(None if math.isnan(value) else value for value in scores))
            for (_, offsets), scores in zip(encoded, values, strict=True)
        ]

    def _tokenize(self, text: str) -> tuple[list[int], tuple[tuple[int, int], ...]]:
        encoding = self._tokenizer(
            _replace_surrogates(text),
            add_special_tokens=False,
            split_special_tokens=True,
            return_offsets_mapping=True,
        )
        return list(encoding["input_ids"]), tuple((int(a), int(b)) for a, b in encoding["offset_mapping"])

    def _forward(self, batch: Sequence[_Piece]) -> list[list[float]]:
        import torch

        width = max(len(piece.tokens) for piece in batch)
        ids = torch.zeros((len(batch), width), dtype=torch.long)
        mask = torch.zeros((len(batch), width), dtype=torch.long)
        for row, piece in enumerate(batch):
            ids[row, : len(piece.tokens)] = torch.tensor(piece.tokens)
            mask[row, : len(piece.tokens)] = 1
        device = self._lm.device
        hidden = self._lm.base_model(input_ids=ids.to(device), attention_mask=mask.to(device)).last_hidden_state
        return [self._piece_scores(hidden[row], piece) for row, piece in enumerate(batch)]

    def _piece_scores(self, hidden: Any, piece: _Piece) -> list[float]:
        import torch

        targets = torch.tensor(piece.tokens, device=hidden.device)
        scores: list[float] = []
        for start in range(piece.scored_from, len(piece.tokens), HEAD_ROWS):
            end = min(start + HEAD_ROWS, len(piece.tokens))
            logits = self._lm.lm_head(hidden[start - 1 : end - 1]).float()
            picked = logits.gather(1, targets[start:end, None])[:, 0] - logits.logsumexp(1)
            scores += picked.tolist()
        return scores


class _Reply:
    """An answer in the making: its key-value cache, and the distribution of the next token."""

    def __init__(self, lm: Any, tokenizer: Any, prompt: list[int]) -> None:
        self._lm = lm
        self._tokenizer = tokenizer
        self._cache: Any = None
        self._next = self._feed(prompt)
        self.n_written = 0

    def write(self, text: str) -> _Reply:
        """Append text that the grammar fixes."""
        self._append(self._ids(text))
        return self

    def choose(self, options: Sequence[tuple[str, str]]) -> tuple[str, str]:
        """Decode greedily under the grammar 'one of these texts', and append the one chosen."""
        left = [(option, self._ids(json.dumps(option[1], ensure_ascii=False)[1:-1])) for option in options]
        left = [(option, ids) for option, ids in left if ids]
        depth = 0
        while len({tuple(ids) for _, ids in left}) > 1:
            best = max({ids[depth] for _, ids in left if len(ids) > depth}, key=lambda token: float(self._next[token]))
            left = [(option, ids) for option, ids in left if len(ids) > depth and ids[depth] == best]
            self._append([best])
            depth += 1
        option, ids = left[0]
        self._append(ids[depth:])
        return option

    def expected_digits(self) -> float:
        """Mean of the integers 0..10 under the model, each weighted by the probability of its tokens."""
        digits = [self._ids(str(number))[0] for number in range(10)]
        weights = self._next[digits].softmax(0)
        ten = self._ids("10")
        if len(ten) == 1:
            weights = self._next[[*digits, ten[0]]].softmax(0)
            return float(sum(number * float(weight) for number, weight in enumerate(weights)))
        self._append([digits[1]])
        after_one = self._next.softmax(0)
        p_zero = float(after_one[digits[0]])
        end = sum(float(after_one[self._ids(mark)[0]]) for mark in (",", "}"))
        is_ten = p_zero / (p_zero + end) if p_zero + end else 0.0
        means = [float(number) for number in range(10)]
        means[1] = 1.0 + 9.0 * is_ten
        return sum(mean * float(weight) for mean, weight in zip(means, weights, strict=True))

    def _ids(self, text: str) -> list[int]:
        text = _replace_surrogates(text)
        return list(self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])

    def _append(self, tokens: list[int]) -> None:
        if tokens:
            self._next = self._feed(tokens)
            self.n_written += len(tokens)

    def _feed(self, tokens: list[int]) -> Any:
        import torch

        ids = torch.tensor([tokens], device=self._lm.device)
        out = self._lm(input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
        self._cache = out.past_key_values
        return out.logits[0, -1].float()


def _pieces(index: int, context: list[int], ids: list[int]) -> list[_Piece]:
    """Overlapping windows over context and text; the first token of all has nothing before it and stays unscored."""
    whole = [*context, *ids]
    pieces: list[_Piece] = []
    done = max(len(context), 1)
    start = 0
    while done < len(whole):
        end = min(start + WINDOW, len(whole))
        pieces.append(_Piece(index, start, done - start, tuple(whole[start:end])))
        done, start = end, end - (WINDOW - STRIDE)
    return pieces


def _batches(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Pieces of like length together, so that little is padded; at most BATCH_TOKENS padded tokens a batch."""
    batches: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda piece: -len(piece.tokens)):
        widest = len(batches[-1][0].tokens) if batches else 0
        is_alike = len(piece.tokens) * 10 >= widest * 8
        if batches and is_alike and widest * (len(batches[-1]) + 1) <= BATCH_TOKENS:
            batches[-1].append(piece)
        else:
            batches.append([piece])
    return batches


@contextmanager
def _reported(model: str) -> Iterator[None]:
    """Load without progress bars; what transformers raises for weights that it cannot read becomes our error."""
    import transformers

    logging: Any = transformers.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    except (OSError, ValueError) as error:
        raise BackendUnavailable(f"the model {model!r} cannot be loaded: {type(error).__name__}") from error
    finally:
        if shown:
            logging.enable_progress_bar()


def _replace_surrogates(text: str) -> str:
    """Lone surrogates to U+FFFD one for one: tokenizers refuse them, and offsets must not move."""
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
