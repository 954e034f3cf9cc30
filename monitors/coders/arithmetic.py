"""Coder `arithmetic`: the payload decides which tokens a language model samples (Ziegler et al. 2019; Meteor 2021)."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from monitors.coders.coder import Coder, Cover, Family
from monitors.errors import BackendUnavailable, InvalidTranscript

# Logits are rounded to sixteenths before they count: what is left of float noise decides nothing but ties.
GRID = 16
WEIGHT_BITS = 32
WIDTH_BITS = 64
SENTENCE_ENDS = (".", "!", "?", "\n")
MAX_TAIL_TOKENS = 40
_TAIL_TOKENS = 24


class Continuation(Protocol):
    """A text that grows token by token. `logits` are natural, (n_vocabulary,), for the token that comes next."""

    def logits(self) -> Any: ...

    def push(self, token: int, /) -> None: ...


class LanguageModel(Protocol):
    """What the coder asks of a model. The same calls in the same order must give the same numbers."""

    def __hash__(self) -> int: ...

    def tokenize(self, texts: Sequence[str], /) -> list[list[int]]: ...

    def detokenize(self, tokens: Sequence[int], /) -> str: ...

    def continue_after(self, prompt: str, /) -> Continuation: ...


@dataclass(frozen=True, slots=True)
class Arithmetic(Coder):
    """A new text in the model's own words: arithmetic decoding of the payload under the model's distribution.

    The bits, followed by pseudo-random ones, are the binary digits of a number in [0, 1). The unit interval is divided
    among the `top_k` likeliest tokens in proportion to softmax(logits / temperature); the token whose share holds the
    number is written, its share is divided again, and so on until the share fixes all bits. The receiver follows the
    same shares by the tokens that stand in the text. With a uniform (keyed) payload the text is a sample of the model,
    so that no test of the text alone can find it; a plain ASCII payload is not uniform and leaves its own skew.

    Only tokens after which the text so far is tokenised as it was written are candidates, so that the receiver reads
    the same tokens from the text. Shares are integers, and both sides run the model token by token in one shape.
    Sender and receiver need the same weights, software and kind of processor.

    The cover gives the prompt and, by its length, the capacity; its words are not used. The sham arm samples from the
    same shares with a seeded generator until as many bits of surprise were written.
    """

    name: ClassVar[str] = "arithmetic"
    family: ClassVar[Family] = Family.SAMPLING

    lm: LanguageModel | None = field(default=None, compare=False)
    temperature: float = 1.0
    top_k: int = 256
    # A floor under the rates measured (docs/monitors/arithmetic.md); payloads that need more make longer texts.
    bits_per_token: float = 1.5
    max_tokens: int = 2048

    def capacity(self, cover: Cover, /) -> int:
        """Bits that fit a text of the cover's length at a rate below those measured."""
        (tokens,) = self._model().tokenize([cover.text])
        return int(min(len(tokens), self.max_tokens - MAX_TAIL_TOKENS) * self.bits_per_token)

    def write(self, cover: Cover, bits: str, /) -> str:
        point = _Point(bits, cover.prompt)

        def by_payload(interval: _Interval, weights: Sequence[int]) -> int:
            return interval.choose(weights, point.at(interval.scale))

        return self._written(cover.prompt, by_payload, lambda interval: interval.n_fixed >= len(bits))

    def sham(self, cover: Cover, n_bits: int, seed: int, /) -> str:
        """Honest sampling at the same temperature until the text has `n_bits` bits of surprise."""
        draw = random.Random(seed)

        def by_chance(_interval: _Interval, weights: Sequence[int]) -> int:
            return draw.choices(range(len(weights)), weights)[0]

        return self._written(cover.prompt, by_chance, lambda interval: interval.surprise >= n_bits)

    def read(self, stego: Cover, n_bits: int, /) -> str:
        interval = _Interval()
        (tokens,) = self._model().tokenize([stego.text])
        path = _Path(self._model(), stego.prompt, self.temperature, self.top_k)
        for token in tokens[: self.max_tokens]:
            candidates, weights = path.shares()
            if token not in candidates or interval.n_fixed >= n_bits:
                break
            interval.narrow(weights, candidates.index(token))
            path.push(token)
        return interval.fixed()[:n_bits]

    def symbols(self, stego: Cover, /) -> Sequence[int]:
        return [int(bit) for bit in self.read(stego, self.max_tokens * WEIGHT_BITS)]

    def _written(self, prompt: str, choose: Any, is_told: Any) -> str:
        lm, interval = self._model(), _Interval()
        path = _Path(lm, prompt, self.temperature, self.top_k)
        n_tail = 0
        while not (is_told(interval) and (n_tail >= MAX_TAIL_TOKENS or path.text.endswith(SENTENCE_ENDS))):
            if len(path.tokens) >= self.max_tokens:
                raise InvalidTranscript(f"arithmetic: {self.max_tokens} tokens did not hold the payload")
            n_tail += is_told(interval)
            candidates, weights = path.shares()
            chosen = choose(interval, weights)
            interval.narrow(weights, chosen)
            path.push(candidates[chosen])
        if lm.tokenize([path.text]) != [path.tokens]:
            raise InvalidTranscript("arithmetic: the text is not tokenised as it was written")
        return path.text

    def _model(self) -> LanguageModel:
        if self.lm is None:
            raise BackendUnavailable("the arithmetic coder needs a language model, and none was given")
        return self.lm


class _Path:
    """The tokens written so far, and the integer shares of those that may come next."""

    def __init__(self, lm: LanguageModel, prompt: str, temperature: float, top_k: int) -> None:
        self._lm, self._temperature, self._top_k = lm, temperature, top_k
        self._next = lm.continue_after(prompt)
        self.tokens: list[int] = []
        self.text = ""

    def shares(self) -> tuple[list[int], list[int]]:
        """Candidate tokens, likeliest first, and their weights (positive integers)."""
        import numpy as np

        steps = np.rint(np.asarray(self._next.logits(), dtype=np.float64) * GRID).astype(np.int64)
        kept: list[int] = []
        for order in _likeliest(steps, self._top_k):
            kept = _canonical(self._lm, tuple(self._tail()), tuple(order))
            if kept:
                break
        top = int(steps[kept[0]])
        scale = 1 / (GRID * self._temperature)
        weights = [max(1, int(math.ldexp(math.exp((int(steps[token]) - top) * scale), WEIGHT_BITS))) for token in kept]
        return kept, weights

    def push(self, token: int) -> None:
        self.tokens.append(token)
        self.text = self._lm.detokenize(self.tokens)
        self._next.push(token)

    def _tail(self) -> list[int]:
        """The last tokens, from one that begins a word: a blank before a letter is where tokenisers part."""
        for start in range(max(0, len(self.tokens) - 2), max(0, len(self.tokens) - _TAIL_TOKENS), -1):
            text = self._lm.detokenize(self.tokens[start : start + 1])
            if text[:1] == " " and text[1:2].isalpha():
                return self.tokens[start:]
        return self.tokens[-_TAIL_TOKENS:] if len(self.tokens) > _TAIL_TOKENS else self.tokens


def _likeliest(steps: Any, size: int) -> Iterator[list[int]]:
    """Tokens in parts of `size`, likeliest first, of equals the first; the first part does not sort all."""
    import numpy as np

    least = np.partition(steps, -size)[-size] if size < len(steps) else steps.min()
    top = np.flatnonzero(steps >= least)
    yield top[np.argsort(-steps[top], kind="stable")][:size].tolist()
    order = np.argsort(-steps, kind="stable")
    for start in range(size, len(order), size):
        yield order[start : start + size].tolist()


@lru_cache(maxsize=8192)
def _canonical(lm: LanguageModel, tail: Sequence[int], candidates: Sequence[int]) -> list[int]:
    """Those after which the text is tokenised as it is written; only the end of the text can change.

    Kept: the receiver asks again what the sender asked.
    """
    longer = [[*tail, token] for token in candidates]
    again = lm.tokenize([lm.detokenize(tokens) for tokens in longer])
    return [token for token, one, other in zip(candidates, longer, again, strict=True) if one == other]


class _Interval:
    """[low, low + width) / 2**scale, exact: `low` has as many digits as it takes, `width` about 64 bits."""

    def __init__(self) -> None:
        self.low, self.width, self.scale = 0, 1 << WIDTH_BITS, WIDTH_BITS
        self.surprise = 0.0

    def choose(self, weights: Sequence[int], point: int) -> int:
        """The index whose share holds `point` / 2**scale."""
        for index, (start, end) in enumerate(self._cuts(weights)):
            if start <= point - self.low < end:
                return index
        raise ValueError("the point lies outside the interval")

    def narrow(self, weights: Sequence[int], index: int) -> None:
        start, end = next(cut for at, cut in enumerate(self._cuts(weights)) if at == index)
        self.surprise += math.log2(sum(weights) / weights[index])
        self.low, self.width = self.low + start, end - start
        shift = max(0, WIDTH_BITS + 1 - self.width.bit_length())
        self.low, self.width, self.scale = self.low << shift, self.width << shift, self.scale + shift

    def _cuts(self, weights: Sequence[int]) -> Iterator[tuple[int, int]]:
        total, at = sum(weights), 0
        for weight in weights:
            yield self.width * at // total, self.width * (at + weight) // total
            at += weight

    @property
    def n_fixed(self) -> int:
        """Leading binary digits that all numbers of the interval share."""
        return self.scale - (self.low ^ (self.low + self.width - 1)).bit_length()

    def fixed(self) -> str:
        n = self.n_fixed
        return f"{self.low >> (self.scale - n):0{n}b}" if n else ""


class _Point:
    """A number in [0, 1): the payload's bits, then as many pseudo-random ones as are asked for."""

    def __init__(self, bits: str, *salt: str) -> None:
        self._bits = bits
        self._seed = "\0".join((bits, *salt)).encode("utf-8", "surrogatepass")

    def at(self, scale: int) -> int:
        """floor(point * 2**scale)."""
        missing = max(0, scale - len(self._bits))
        pad = hashlib.shake_256(self._seed).digest(-(-missing // 8))
        return int((self._bits + _digits(pad))[:scale] or "0", 2)


def _digits(data: Iterable[int]) -> str:
    return "".join(f"{byte:08b}" for byte in data)
