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
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from monitors.backends.base import ContextOverflow, JudgeAnswer, JudgePrompt, TokenLogprobs
from monitors.backends.branches import Feed, Store, store_for
from monitors.backends.constrained_reply import Need, Written, reply_to
from monitors.backends.continuation import Continuation
from monitors.backends.forward_pass import batch_tokens, log_probabilities
from monitors.backends.token_windows import WINDOW, batches_of
from monitors.backends.tokens import Tokens, encode, replace_surrogates
from monitors.backends.weights import fingerprint, resolve
from monitors.base import Cost
from monitors.errors import BackendUnavailable

# Raised when what the numbers mean changes: how slots are filled, how windows are laid.
METHOD = "slots-2"
# Tokens kept free for the instructions, the rubric and the reply, and for the marks around each block.
_RESERVED, _PER_BLOCK = 1_400, 60
_BRANCHES = 16


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

    @cached_property
    def _store(self) -> Store:
        return store_for(self._lm)

    def room(self, texts: Sequence[str], /) -> int:
        """Characters of such texts that one prompt can show; what is denser than the mean overflows the context."""
        n_chars = sum(map(len, texts))
        free = self._context - _RESERVED - _PER_BLOCK * len(texts)
        with self._lock:
            n_tokens = sum(len(self._encode(text)) for text in texts)
        return n_chars if n_tokens <= free else max(0, int(0.95 * n_chars * free / n_tokens))

    def complete(self, prompt: JudgePrompt, /) -> JudgeAnswer:
        """The contract filled under a grammar, as `constrained_reply.reply_to` tells."""
        (answer,) = self.complete_many([prompt])
        return answer

    def complete_many(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer]:
        """Questions in a row that share the beginning of their text have it read once, and are answered together."""
        import torch

        with self._lock, torch.inference_mode():
            asked = [_Asked(prompt, *self._chat(prompt)) for prompt in prompts]
            for one in asked:
                if one.n_tokens + one.prompt.max_tokens > self._context:
                    raise ContextOverflow(f"{one.n_tokens} tokens do not fit the context of {self._context}")
            return [answer for group in _groups(asked) for answer in self._answers(group)]

    def _answers(self, group: Sequence[_Asked]) -> list[JudgeAnswer]:
        """Answers to questions about one text."""
        head, shared = group[0].head, group[0].shared
        n_kept = self._store.open([head, shared])
        # The first of the group has the text read, the others find it there.
        cached = [n_kept, *[len(head) + len(shared)] * (len(group) - 1)]
        return [_answer(*each) for each in zip(group, self._written(group), cached, strict=True)]

    def _written(self, group: Sequence[_Asked]) -> list[Written]:
        """Replies side by side: each pass reads what all those wait for that are not finished."""
        tokens_of = cache(self._encode)
        replies = [reply_to(one.prompt, tokens_of, one.own) for one in group]
        sent: dict[int, Any] = dict.fromkeys(range(len(replies)))
        written: dict[int, Written] = {}
        while sent:
            needs: list[tuple[int, Need]] = []
            for index, logits in sent.items():
                try:
                    needs.append((index, replies[index].send(logits)))
                except StopIteration as stopped:
                    written[index] = stopped.value
            found = self._store.feed([Feed(index, *need) for index, need in needs]) if needs else []
            sent = {index: logits for (index, _), logits in zip(needs, found, strict=True)}
        return [written[index] for index in range(len(replies))]

    def _chat(self, prompt: JudgePrompt) -> tuple[list[int], list[int], list[int]]:
        """Tokens up to the end of the system message, those of the shared text, and those of the question's own.

        No text can become a control token.
        """
        marks = ("\x00system\x00", "\x00user\x00")
        template = self._tokenizer.apply_chat_template(
            [{"role": "system", "content": marks[0]}, {"role": "user", "content": marks[1]}],
            tokenize=False,
            add_generation_prompt=True,
        )
        before, _, rest = template.partition(marks[0])
        between, _, after = rest.partition(marks[1])
        return (
            [*self._encode(before, special=True), *self._encode(prompt.system)],
            [*self._encode(between, special=True), *self._encode(prompt.user[: prompt.n_shared])],
            [*self._encode(prompt.user[prompt.n_shared :]), *self._encode(after, special=True)],
        )

    def _encode(self, text: str, *, special: bool = False) -> list[int]:
        return encode(self._tokenizer, text, special=special)

    def tokenize(self, texts: Sequence[str], /) -> list[list[int]]:
        """Token ids of each text by itself; nothing in a text becomes a control token."""
        texts = [replace_surrogates(text) for text in texts]
        if not texts:
            return []
        # Past the wrapper, which takes as long again for a batch of short texts.
        backend = self._tokenizer.backend_tokenizer
        backend.encode_special_tokens = True
        return [list(one.ids) for one in backend.encode_batch_fast(texts, add_special_tokens=False)]

    def detokenize(self, tokens: Sequence[int], /) -> str:
        return str(self._tokenizer.decode(list(tokens), clean_up_tokenization_spaces=False))

    def continue_after(self, prompt: str, /) -> Continuation:
        """The model's answer to a prompt, of which the last 1,024 tokens are read, to be written token by token."""
        tokens = self.asked(prompt, WINDOW // 2)
        with self._lock:
            return Continuation(self._lm, tokens, self._context)

    def asked(self, prompt: str, most: int, /) -> list[int]:
        """Tokens up to where the model's answer begins; of the prompt the last `most`."""
        mark = "\x00user\x00"
        template = self._tokenizer.apply_chat_template(
            [{"role": "user", "content": mark}], tokenize=False, add_generation_prompt=True
        )
        before, _, after = template.partition(mark)
        own = self._encode(prompt)[-most:]
        return [*self._encode(before, special=True), *own, *self._encode(after, special=True)]

    def logprobs(self, texts: Sequence[tuple[str, str]], /) -> list[TokenLogprobs]:
        """Natural-log probability of each token given its context and up to 2,048 tokens before it.

        Long texts are read in windows that overlap by an eighth; each token is scored once, in the window where it has
        the most tokens before it. Of a context that is longer than half a window the end is kept.
        """
        import torch

        with self._lock, torch.inference_mode():
            tokens = Tokens.of(self._tokenizer, texts)
            values = tokens.column()
            for batch in batches_of(tokens.pieces, batch_tokens(self._lm)):
                for piece, scores in zip(batch, log_probabilities(self._lm, batch), strict=True):
                    tokens.put(values, piece, scores)
        return [
            TokenLogprobs(offsets, tuple(None if math.isnan(value) else value for value in scores))
            for offsets, scores in zip(tokens.offsets, values, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question in tokens: the system message, what it shares with the rest of its sitting, what is its own."""

    prompt: JudgePrompt
    head: list[int]
    shared: list[int]
    own: list[int]

    @property
    def n_tokens(self) -> int:
        return len(self.head) + len(self.shared) + len(self.own)


def _groups(asked: Sequence[_Asked]) -> Iterator[list[_Asked]]:
    """Questions in a row about one text, as many as have branches."""
    for _, together in groupby(asked, key=lambda one: (one.head, one.shared)):
        group = list(together)
        yield from (group[at : at + _BRANCHES] for at in range(0, len(group), _BRANCHES))


def _answer(asked: _Asked, written: Written, n_cached: int) -> JudgeAnswer:
    cost = Cost(calls=1, prompt_tokens=asked.n_tokens, completion_tokens=written.n_tokens, cached_tokens=n_cached)
    return JudgeAnswer(written.text, score_expectation=written.mean, score_deviation=written.deviation, cost=cost)


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
