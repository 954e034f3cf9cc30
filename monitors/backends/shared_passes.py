"""Texts that grow side by side over one local model: a pass takes the next token of all that wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from monitors.backends.base import ContextOverflow
from monitors.backends.transformers_local import LocalModel

N_ROWS = 16
N_PROMPT, N_TEXT, N_TOKENS = 128, 128, 320
# So long a pass waits for more texts to be ready, as often as more came: others compute meanwhile.
_PAUSE = 0.03


@dataclass(slots=True, eq=False)
class _Row:
    """One thread's place in all passes: its last prompt and text, the logits behind each token, what waits."""

    number: int
    asked: tuple[int, ...] = ()
    tokens: list[int] = field(default_factory=list)
    logits: list[Any] = field(default_factory=list)
    waiting: int | None = None


@dataclass(slots=True)
class _Keys:
    """Keys and values of all rows, one slot a token; what transformers asks of a cache in a pass."""

    keys: list[Any]
    values: list[Any]
    slots: Any = None
    rows: Any = None

    def update(self, keys: Any, values: Any, layer: int, *_: object, **__: object) -> tuple[Any, Any]:
        self.keys[layer][self.rows, :, self.slots] = keys[:, :, 0]
        self.values[layer][self.rows, :, self.slots] = values[:, :, 0]
        return self.keys[layer], self.values[layer]

    def get_seq_length(self, *_: object) -> int:
        return N_TOKENS


@dataclass(slots=True, eq=False)
class SharedPasses:
    """A language model for up to 16 threads that each write or read one text at a time.

    A pass of one token costs a small model on a processor nearly as much as a pass of sixteen. All passes have one
    shape, and a thread keeps its row, so that a text's numbers do not depend on which others take part: who reads in
    the thread that wrote meets the numbers of the writer. They are not those of a pass by itself: a text from here is
    read here. What a thread wrote last it reads from the numbers that it kept. Of a prompt the last 128 tokens are
    read, and a text may have 128 of its own.
    """

    local: LocalModel
    _rows: dict[int, _Row] = field(default_factory=dict)
    _keys: _Keys | None = None
    _pass_lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def model(self) -> str:
        return self.local.model

    def tokenize(self, texts: Sequence[str], /) -> list[list[int]]:
        # A tokeniser serves one thread at a time, and whoever scores with this model uses it too.
        with self.local._lock:
            return self.local.tokenize(texts)

    def detokenize(self, tokens: Sequence[int], /) -> str:
        with self.local._lock:
            return self.local.detokenize(tokens)

    def continue_after(self, prompt: str, /) -> SharedContinuation:
        with self.local._lock:
            asked = tuple(self.local.asked(prompt, N_PROMPT))
        with self._pass_lock:
            row = self._rows.setdefault(threading.get_ident(), _Row(len(self._rows)))
            if row.number >= N_ROWS:
                raise ValueError(f"more than {N_ROWS} threads write at once")
            if row.asked != asked:
                row.asked, row.tokens, row.logits = asked, [], [self._read_prompt(row, asked)]
        return SharedContinuation(self, row)

    def step(self, row: _Row, n_before: int, token: int) -> None:
        """Has the token read that stands behind the first `n_before` of the row, in a pass with all that wait."""
        if row.tokens[n_before : n_before + 1] == [token]:
            return
        if len(row.asked) + n_before >= N_TOKENS - 1:
            raise ContextOverflow(f"{n_before} tokens and their prompt fill the {N_TOKENS} slots of a text")
        # Slots behind the new token hold what an earlier text left there: no mask lets it be seen.
        del row.tokens[n_before:], row.logits[n_before + 1 :]
        row.waiting = token
        with self._pass_lock:
            if row.waiting is not None:
                self._pass(self._waiting())

    def _waiting(self) -> list[_Row]:
        found: list[_Row] = []
        while len(more := [row for row in self._rows.values() if row.waiting is not None]) > len(found):
            found = more
            time.sleep(_PAUSE)
        return found

    def _pass(self, rows: Sequence[_Row]) -> None:
        import torch

        lm, keys = self.local._lm, self._all_keys()
        ids = torch.zeros((N_ROWS, 1), dtype=torch.long)
        # Rows that do not take part write to the last slot, which no text uses, and see nothing else.
        slots = torch.full((N_ROWS,), N_TOKENS - 1)
        mask = torch.zeros((N_ROWS, 1, 1, N_TOKENS), dtype=torch.bool)
        mask[:, :, :, N_TOKENS - 1] = True
        for row in rows:
            at = len(row.asked) + len(row.tokens)
            ids[row.number, 0], slots[row.number] = row.waiting or 0, at
            mask[row.number, 0, 0] = torch.arange(N_TOKENS) <= at
        device = lm.device
        keys.slots, keys.rows = slots.to(device), torch.arange(N_ROWS, device=device)
        with torch.inference_mode():
            out = lm(
                input_ids=ids.to(device),
                position_ids=slots[:, None].to(device),
                attention_mask=mask.to(device),
                past_key_values=keys,
                use_cache=True,
            )
        logits = out.logits[:, -1].float().cpu().numpy()
        for row in rows:
            row.tokens.append(row.waiting or 0)
            row.logits.append(logits[row.number].copy())
            row.waiting = None

    def _read_prompt(self, row: _Row, asked: Sequence[int]) -> Any:
        """Keys and values of a prompt in the row's first slots; the logits after it."""
        import torch

        keys = self._all_keys()
        with torch.inference_mode():
            ids = torch.tensor([list(asked)], device=self.local._lm.device)
            out = self.local._lm(input_ids=ids, use_cache=True, logits_to_keep=1)
            for number, layer in enumerate(out.past_key_values.layers):
                keys.keys[number][row.number, :, : len(asked)] = layer.keys[0]
                keys.values[number][row.number, :, : len(asked)] = layer.values[0]
        return out.logits[0, -1].float().cpu().numpy()

    def _all_keys(self) -> _Keys:
        if self._keys is None:
            import torch

            lm = self.local._lm
            heads = lm.config.num_key_value_heads
            width = getattr(lm.config, "head_dim", None) or lm.config.hidden_size // lm.config.num_attention_heads
            shape, kind = (N_ROWS, heads, N_TOKENS, width), {"dtype": lm.dtype, "device": lm.device}
            layers = range(lm.config.num_hidden_layers)
            self._keys = _Keys(
                [torch.zeros(shape, **kind) for _ in layers], [torch.zeros(shape, **kind) for _ in layers]
            )
        return self._keys


@dataclass(slots=True)
class SharedContinuation:
    """The text of one thread, as `Continuation` by the same calls."""

    passes: SharedPasses
    row: _Row
    n_tokens: int = 0

    def logits(self) -> Any:
        """(n_vocabulary,) float32, for the token that comes next."""
        return self.row.logits[self.n_tokens]

    def push(self, token: int, /) -> None:
        self.passes.step(self.row, self.n_tokens, token)
        self.n_tokens += 1
