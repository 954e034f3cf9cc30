"""A Hugging Face causal LM in this process: reference LM, and a judge that fills the contract slot by slot."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from monitors.backends.base import ContextOverflow, JudgeAnswer, JudgePrompt, TokenLogprobs
from monitors.backends.constrained_reply import Reply
from monitors.backends.continuation import Continuation
from monitors.backends.forward_pass import batch_tokens, log_probabilities
from monitors.backends.token_windows import WINDOW, batches_of
from monitors.backends.tokens import Tokens, encode, replace_surrogates
from monitors.backends.weights import fingerprint, resolve
from monitors.base import Cost
from monitors.errors import BackendUnavailable

# Raised when what the numbers mean changes: how slots are filled, how windows are laid.
METHOD = "slots-1"


class LocalModel:
    """Judge and TokenScorer over a local model, loaded at first use and once per process."""

    def __init__(self, model: str | None = None, cache_dir: Path | None = None) -> None:
        # Threads of torch that spin at each barrier cost a shared two-core machine 80 % of its speed (measured); the
        # OpenMP library reads this once, when torch is first imported.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        self._name = model
        self._cache_dir = cache_dir
        self._lock = threading.Lock()
        self._head: tuple[list[int], Any] | None = None

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
            head, tail = self._chat(prompt)
            n_tokens = len(head) + len(tail)
            if n_tokens + prompt.max_tokens > self._context:
                raise ContextOverflow(f"{n_tokens} tokens do not fit the context of {self._context}")
            reply = Reply(self._lm, self._tokenizer, self._after_head(head), tail)
            evidence = self._evidence(reply, prompt.quotable)
            expectation = reply.write('], "score": ').expected_digits()
            answer = {
                "evidence": evidence,
                "score": int(expectation),
                "p": int(expectation * 10),
                "verdict": "positive" if expectation >= 5 else "negative",
            }
        cost = Cost(calls=1, prompt_tokens=n_tokens, completion_tokens=reply.n_written)
        return JudgeAnswer(json.dumps(answer), score_expectation=expectation, cost=cost)

    def _after_head(self, head: list[int]) -> Any:
        """The key-value cache after the system message: a third of each prompt, the same for all of a rubric."""
        import torch

        if self._head is None or self._head[0] != head:
            out = self._lm(input_ids=torch.tensor([head], device=self._lm.device), use_cache=True, logits_to_keep=1)
            self._head = (head, out.past_key_values)
        return copy.deepcopy(self._head[1])

    def _chat(self, prompt: JudgePrompt) -> tuple[list[int], list[int]]:
        """Tokens up to the end of the system message, and the rest; no text can become a control token."""
        marks = ("\x00system\x00", "\x00user\x00")
        template = self._tokenizer.apply_chat_template(
            [{"role": "system", "content": marks[0]}, {"role": "user", "content": marks[1]}],
            tokenize=False,
            add_generation_prompt=True,
        )
        before, _, rest = template.partition(marks[0])
        between, _, after = rest.partition(marks[1])
        head = [*self._encode(before, special=True), *self._encode(prompt.system)]
        return head, [
            *self._encode(between, special=True),
            *self._encode(prompt.user),
            *self._encode(after, special=True),
        ]

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

    def _evidence(self, reply: Reply, quotable: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
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
