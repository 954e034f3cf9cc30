"""Texts that grow side by side from one prefix: what they have in common is read once, and a pass feeds all of them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

# Tokens of a pass: the memory of its activations and of its mask is bounded by this.
CHUNK = 512


class Feed(NamedTuple):
    """Tokens to append to a branch; the logits behind the last `n_logits` of them are wanted."""

    branch: int
    tokens: Sequence[int]
    n_logits: int = 1


class Store(Protocol):
    """Keeps a prefix of several segments, and branches behind it."""

    def open(self, segments: Sequence[Sequence[int]], /) -> int:
        """Make these segments the prefix, without branches. Returns how many of its tokens were there already."""
        ...

    def feed(self, feeds: Sequence[Feed], /) -> list[Any]:
        """Append to branches, one feed each at most; of each the logits, (n_logits, n_vocabulary) float32."""
        ...


def store_for(lm: Any) -> Store:
    """A store that fits how this model attends to what came before."""
    config = lm.config
    kinds = getattr(config, "layer_types", None) or ["full_attention"]
    is_plain = set(kinds) == {"full_attention"} and not getattr(config, "sliding_window", None)
    if is_plain and getattr(config, "num_key_value_heads", None):
        return PackedBranches(lm)
    return CopiedBranches(lm)


@dataclass(slots=True)
class PackedBranches:
    """One store of keys and values for the prefix and all branches; a mask keeps the branches apart.

    Each segment of a prefix is read in passes of its own, so that its numbers do not depend on what else was kept.
    """

    lm: Any
    _segments: list[list[int]] = field(default_factory=list)
    _cache: _Cache | None = None
    # Of each token behind the prefix: its branch. The prefix belongs to all.
    _owners: list[int] = field(default_factory=list)

    def open(self, segments: Sequence[Sequence[int]], /) -> int:
        self._cache = self._cache or _Cache()
        same = 0
        while same < min(len(segments), len(self._segments)) and self._segments[same] == list(segments[same]):
            same += 1
        del self._segments[same:]
        self._owners, self._cache.length = [], self._n_prefix
        n_kept = self._n_prefix
        for segment in segments[same:]:
            for at in range(0, len(segment), CHUNK):
                self._pass([(0, token) for token in segment[at : at + CHUNK]], [])
            self._segments.append(list(segment))
        return n_kept

    @property
    def _n_prefix(self) -> int:
        return sum(map(len, self._segments))

    def feed(self, feeds: Sequence[Feed], /) -> list[Any]:
        import torch

        line = [(one.branch + 1, token) for one in feeds for token in one.tokens]
        ends = [sum(len(one.tokens) for one in feeds[: index + 1]) for index in range(len(feeds))]
        wanted = [end - back for one, end in zip(feeds, ends, strict=True) for back in range(one.n_logits, 0, -1)]
        rows = []
        for at in range(0, len(line), CHUNK):
            part = line[at : at + CHUNK]
            rows.append(self._pass(part, [place - at for place in wanted if at <= place < at + len(part)]))
        return list(torch.cat(rows).split([one.n_logits for one in feeds]))

    def _pass(self, line: Sequence[tuple[int, int]], wanted: Sequence[int]) -> Any:
        """Read tokens with their branches (0: the prefix); the logits behind the tokens at `wanted`."""
        import torch

        cache, device = self._opened(), self.lm.device
        is_prefix = line[0][0] == 0
        start = cache.length if is_prefix else self._n_prefix
        owners = self._owners + [owner for owner, _ in line if owner]
        mask = torch.ones((len(line), cache.length + len(line)), dtype=torch.bool).tril(cache.length)
        if not is_prefix:
            behind = torch.tensor(owners)
            mask[:, start:] &= behind == torch.tensor([owner for owner, _ in line])[:, None]
        positions = [start + at for at in (range(len(line)) if is_prefix else self._lengths(line))]
        out = self.lm(
            input_ids=torch.tensor([[token for _, token in line]], device=device),
            position_ids=torch.tensor([positions], device=device),
            attention_mask=mask[None, None].to(device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=torch.tensor(wanted or [len(line) - 1], device=device),
        )
        cache.length += len(line)
        self._owners = owners
        return out.logits[0].float().cpu()[: len(wanted)]

    def _lengths(self, line: Sequence[tuple[int, int]]) -> list[int]:
        """How many tokens of its branch stand before each token."""
        counts: dict[int, int] = {}
        for owner in self._owners:
            counts[owner] = counts.get(owner, 0) + 1
        found = []
        for owner, _ in line:
            found.append(counts.get(owner, 0))
            counts[owner] = found[-1] + 1
        return found

    def _opened(self) -> _Cache:
        if self._cache is None:
            raise ValueError("no prefix was opened")
        return self._cache


@dataclass(slots=True)
class _Cache:
    """Keys and values in room that grows; what transformers asks of a cache in a pass with a mask."""

    keys: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    length: int = 0

    def update(self, keys: Any, values: Any, layer: int, *_: object, **__: object) -> tuple[Any, Any]:
        end = self.length + keys.shape[2]
        for kept, new in ((self.keys, keys), (self.values, values)):
            if layer == len(kept):
                kept.append(new.new_zeros((*new.shape[:2], max(end, 2 * CHUNK), new.shape[3])))
            if kept[layer].shape[2] < end:
                larger = new.new_zeros((*new.shape[:2], end + 2 * CHUNK, new.shape[3]))
                larger[:, :, : self.length] = kept[layer][:, :, : self.length]
                kept[layer] = larger
            kept[layer][:, :, self.length : end] = new
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end]

    def get_seq_length(self, *_: object) -> int:
        return self.length


@dataclass(slots=True)
class CopiedBranches:
    """For models that do not attend to all that came before: a copy of the prefix's cache for each branch."""

    lm: Any
    _segments: list[list[int]] = field(default_factory=list)
    _prefix: Any = None
    _branches: dict[int, Any] = field(default_factory=dict)

    def open(self, segments: Sequence[Sequence[int]], /) -> int:
        wanted = [list(segment) for segment in segments]
        self._branches = {}
        if wanted == self._segments:
            return sum(map(len, wanted))
        self._prefix = None
        for segment in wanted:
            for at in range(0, len(segment), CHUNK):
                self._prefix, _ = self._read(self._prefix, segment[at : at + CHUNK], 1)
        self._segments = wanted
        return 0

    def feed(self, feeds: Sequence[Feed], /) -> list[Any]:
        found = []
        for one in feeds:
            cache = self._branches.pop(one.branch, None) or copy.deepcopy(self._prefix)
            self._branches[one.branch], logits = self._read(cache, one.tokens, one.n_logits)
            found.append(logits)
        return found

    def _read(self, cache: Any, tokens: Sequence[int], n_logits: int) -> tuple[Any, Any]:
        import torch

        ids = torch.tensor([list(tokens)], device=self.lm.device)
        out = self.lm(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=n_logits)
        return out.past_key_values, out.logits[0].float().cpu()
