"""The law of clean texts, fitted: urns by expectation and maximisation, and what each law of a text weighs."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from monitors.codebook import tail
from monitors.codebook.book import MOST_SYMBOLS, Book, mean, pattern_coders
from monitors.codebook.clean_law import LAWS, CleanLaw, CleanLaws
from monitors.codebook.payload_law import BITS, LETTERS
from monitors.codebook.urns import Floats, Group, Row, Urns, log_sum
from monitors.coders.bits import bits_of
from monitors.coders.coder import Cover
from monitors.coders.sites import Site

Fitted = dict[Group, list[tuple[float, list[float]]]]

_ROUNDS, _STEPS = 60, 4
# Other models are not in the table: no urn is firmer than so many sites, and no choice of an urn impossible.
_FIRMEST, _LEAST_BALL, _LEAST_WEIGHT = 400.0, 0.01, 0.02
# Letters have many habits, marks and words few; a law of a text weighs no less than this, and the edits of other coders
# so much, though no clean text has them: a text that was edited and hides nothing is no finding either.
_MANY_SYMBOLS, _URNS_OF_MANY, _URNS_OF_FEW = 16, 8, 3
_LEAST_LAW, _MOST_LAW, _EDITED = 0.01, 0.05, 0.1
_N_EDITED, _EDIT_BITS, _LEAST_EDITS = 240, 128, 200
_BYTES_TRIED = 6
# No bit of a choice that clean texts never make says more than this, in nats.
_SHARE_FLOOR = 0.002


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text without a payload; texts of one family count as much as those of any other."""

    text: str
    prompt: str
    family: str
    group: str


Read = list[list[Site]]


def table(texts: Sequence[CleanText]) -> dict[str, Any]:
    """What is shipped, without the tails."""
    weights = family_weights([text.family for text in texts])
    read = {name: [list(coder.sites(text.text)) for text in texts] for name, coder in pattern_coders().items()}
    edited = _edited(texts)
    own: dict[str, Any] = {}
    for name, sites in read.items():
        same = next((known for known in own if "as" not in own[known] and _is_same(read[known], sites)), None)
        gain = round(_gain(sites, weights), 4)
        own[name] = {"as": same, "gain": gain} if same else {"gain": gain, **_law(name, sites, weights, edited)}
    pairs, printable = _characters(texts, weights)
    return {
        "pairs": [round(float(x), 1) for x in pairs.reshape(-1)],
        "printable": [round(float(x), 1) for x in printable],
        "coders": own,
        "tails": [],
    }


def tails(texts: Sequence[CleanText], fitted: Book) -> list[list[Any]]:
    """The tail of the evidence of all coders together, for texts of each size."""
    names = list(pattern_coders())
    found = [(fitted.read(text.text, names), text.family) for text in texts]
    rows = [(max(one.room for one in own), mean(own), family) for own, family in found if own]
    rooms = [*tail.LEAST_ROOMS, math.inf]
    made = []
    for least, most in pairwise(rooms):
        inside = [(value, family) for room, value, family in rows if least <= room < most]
        made.append(tail.fit([v for v, _ in inside], family_weights([f for _, f in inside]), int(least)))
    return made


def _pairs(name: str, sites: Sequence[Site]) -> list[tuple[Group, int]]:
    return [((name, site.kind, site.n_symbols), site.symbol) for site in sites]


def _is_same(one: Read, other: Read) -> bool:
    return all(_pairs("", a) == _pairs("", b) for a, b in zip(one, other, strict=True))


def _law(
    name: str, read: Read, weights: Sequence[float], edited: Mapping[str, Sequence[Counter[int]]]
) -> dict[str, Any]:
    pairs = [_pairs(name, sites) for sites in read]
    fitted = fit_groups([[one for one in own if one[0][-1] <= MOST_SYMBOLS] for own in pairs], weights)
    # Where the choices differ in kind, no edit is like another.
    edits = [_shares(counts, next(iter(fitted))[-1]) for counts in edited[name]] if len(fitted) == 1 else []
    urns, laws = Urns.of(fitted), CleanLaws.of([CleanLaw((1.0,) * len(LAWS), np.array(edits))])
    each, own_weights = [], []
    for sites, weight in zip(read, weights, strict=True):
        if len(sites) > 1:
            _, symbols, _, kinds, sizes = zip(*sites, strict=True)
            choices = urns.choices([Row(name, kinds, sizes, symbols)])
            each.append(laws.each([0], choices, urns.steps(choices))[0][0, :-1])
            own_weights.append(weight)
    shares = fit_weights(np.array(each), np.array(own_weights), _LEAST_LAW)
    # Where choices are even, one habit and two explain a text alike: that must not blunt the test.
    odd = [min(share, _MOST_LAW) for share in shares[1:]]
    edited_share = _EDITED if edits else 1e-9
    named = dict(zip(LAWS, [1.0 - sum(odd) - edited_share, *odd, edited_share], strict=True))
    return {
        "weights": {law: round(share, 9) for law, share in named.items()},
        "edits": edits,
        "groups": [[kind, n_symbols, urns] for (_, kind, n_symbols), urns in fitted.items()],
    }


def words(texts: Sequence[CleanText], fitted: Book) -> dict[str, float]:
    """Nats that a bit of words says at each coder's sites: what plain letters of other texts add in a sample."""
    sample = _sample(texts)
    gains: dict[str, list[float]] = defaultdict(list)
    for text, other in zip(sample, sample[1:] + sample[:1], strict=True):
        letters = "".join(char for char in other.text.lower() if char in LETTERS)[:_BYTES_TRIED]
        for name, coder in pattern_coders().items():
            cover = Cover(text.text, text.prompt)
            if len(letters) == _BYTES_TRIED and coder.capacity(cover) >= BITS * _BYTES_TRIED:
                (found,) = fitted.read(coder.encode(cover, bits_of(letters)), [name])
                price = math.log(_BYTES_TRIED * (_BYTES_TRIED + 1.0))
                gains[name].append((found.evidence.log_ratio + price) / (BITS * _BYTES_TRIED))
    return {name: round(float(np.mean(own)), 3) for name, own in gains.items()}


def _edited(texts: Sequence[CleanText]) -> dict[str, list[Counter[int]]]:
    """What shams of the other coders write at each coder's sites, where they leave the number of sites as it was."""
    found: dict[str, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    known = pattern_coders()
    for text in _sample(texts):
        cover, seed = Cover(text.text, text.prompt), len(text.text)
        before = {name: coder.sites(text.text) for name, coder in known.items()}
        for other, coder in known.items():
            sham = coder.sham(cover, min(_EDIT_BITS, coder.capacity(cover)), seed)
            for name in known:
                if name != other:
                    found[name][other] += _changed(before[name], known[name].sites(sham))
    return {name: [own for own in by.values() if own.total() >= _LEAST_EDITS] for name, by in found.items()}


def _sample(texts: Sequence[CleanText]) -> list[CleanText]:
    """Of each family in turn, in the order of the texts' digests."""
    queues: dict[str, list[CleanText]] = defaultdict(list)
    for text in sorted(texts, key=lambda text: hashlib.sha256(text.text.encode("utf-8", "surrogatepass")).digest()):
        queues[text.family].append(text)
    return [text for rank in range(_N_EDITED) for queue in queues.values() for text in queue[rank : rank + 1]][
        :_N_EDITED
    ]


def _changed(before: Sequence[Site], after: Sequence[Site]) -> Counter[int]:
    if len(before) != len(after):
        return Counter()
    return Counter(new.symbol for old, new in zip(before, after, strict=True) if old.symbol != new.symbol)


def _shares(counts: Mapping[int, int], n_symbols: int) -> list[float]:
    total = sum(counts.values()) + 0.5 * n_symbols
    return [round((counts.get(symbol, 0) + 0.5) / total, 5) for symbol in range(n_symbols)]


def _gain(read: Read, weights: Sequence[float]) -> float:
    """Nats that a bit of noise says against the shares of clean texts, on average."""
    counts: dict[tuple[int, int], dict[int, float]] = defaultdict(lambda: defaultdict(float))
    widths: dict[tuple[int, int], int] = {}
    for sites, weight in zip(read, weights, strict=True):
        for site in sites:
            own = site.kind, site.n_symbols
            counts[own][site.symbol] += weight / len(sites)
            widths[own] = site.width
    gain = bits = 0.0
    for own, by_symbol in counts.items():
        total, width = sum(by_symbol.values()), widths[own]
        if own[1] > MOST_SYMBOLS:
            each = math.log(own[1]) - width * math.log(2.0)
        else:
            codes = range(2**width)
            shares = [max(_SHARE_FLOOR, by_symbol.get(symbol, 0.0) / total) for symbol in codes]
            each = -sum(map(math.log, shares)) / len(shares) - width * math.log(2.0)
        gain, bits = gain + total * each, bits + total * width
    return gain / bits if bits else 0.0


def _characters(texts: Sequence[CleanText], weights: Sequence[float]) -> tuple[Floats, Floats]:
    """Letters and blanks after each other in lower case, and printable ASCII as it stands, per 1,000 of a text."""
    pairs, printable = np.zeros((len(LETTERS), len(LETTERS))), np.zeros(95)
    for text, weight in zip(texts, weights, strict=True):
        codes = np.frombuffer(text.text.lower().encode("ascii", "replace"), np.uint8).astype(np.int64)
        letters = np.where((codes >= 97) & (codes < 123), codes - 97, 26)
        letters = letters[np.concatenate([[True], (letters[1:] != 26) | (letters[:-1] != 26)])]
        found = np.bincount(letters[:-1] * 27 + letters[1:], minlength=27 * 27).reshape(27, 27)
        pairs += weight * 1000.0 / len(texts) * found / max(1, found.sum())
        codes = np.frombuffer(text.text.encode("ascii", "replace"), np.uint8).astype(np.int64) - 32
        own = np.bincount(codes[(codes >= 0) & (codes < 95)], minlength=95)
        printable += weight * 1000.0 / len(texts) * own / max(1, own.sum())
    # Less than half a count in a thousand would vanish under what every pair begins with.
    return 40.0 * pairs, 10.0 * printable


def fit_urns(counts: Floats, weights: Floats, n_urns: int) -> list[tuple[float, list[float]]]:
    """A mixture of Dirichlet-multinomial laws by maximum likelihood.

    Parameters
    ----------
    counts : (texts, symbols) how often each text makes each choice.
    weights : (texts,) what a text counts.

    References
    ----------
    Minka, "Estimating a Dirichlet distribution" (2000): the fixed point of the balls of one urn.
    """
    from scipy.special import digamma, gammaln

    n_symbols = counts.shape[1]
    totals = counts.sum(axis=1)
    shares = _beginnings(counts, weights, n_urns)
    n_urns = len(shares)
    balls = 0.05 + shares * (0.5 * n_symbols + 4.0)
    mix = np.full(n_urns, 1.0 / n_urns)
    for _ in range(_ROUNDS):
        sums = balls.sum(axis=1)
        each = np.stack(
            [
                np.log(mix[urn])
                + gammaln(sums[urn])
                - gammaln(sums[urn] + totals)
                + (gammaln(balls[urn] + counts) - gammaln(balls[urn])).sum(axis=1)
                for urn in range(n_urns)
            ],
            axis=1,
        )
        belongs = np.exp(each - log_sum(each)[:, None]) * weights[:, None]
        mix = np.maximum(belongs.sum(axis=0) / weights.sum(), _LEAST_WEIGHT)
        mix /= mix.sum()
        for urn in range(n_urns):
            own = belongs[:, urn]
            for _ in range(_STEPS):
                above = own @ (digamma(balls[urn] + counts) - digamma(balls[urn]))
                below = own @ (digamma(balls[urn].sum() + totals) - digamma(balls[urn].sum()))
                raised = balls[urn] * (above + 1e-9) / (below + 1e-9)
                balls[urn] = np.maximum(raised, _LEAST_BALL)
                balls[urn] *= min(1.0, _FIRMEST / balls[urn].sum())
    return [
        (round(float(weight), 4), [round(float(ball), 3) for ball in np.maximum(own, _LEAST_BALL)])
        for weight, own in zip(mix, balls, strict=True)
    ]


def _beginnings(counts: Floats, weights: Floats, n_urns: int) -> Floats:
    """Shares to begin with: all texts together, and those of texts far from what is there already."""
    totals = counts.sum(axis=1)
    shares = (counts + 0.1) / (totals + 0.1 * counts.shape[1])[:, None]
    chosen = [(weights @ shares) / weights.sum()]
    for _ in range(n_urns - 1):
        distance = np.min([np.abs(shares - one).sum(axis=1) for one in chosen], axis=0) * np.sqrt(totals) * weights
        if distance.max() <= 0.0:
            break
        chosen.append(shares[int(distance.argmax())])
    return np.stack(chosen)


def fit_groups(texts: Sequence[Sequence[tuple[Group, int]]], weights: Sequence[float]) -> Fitted:
    """The urns of every group that stands in some text. Rare groups lean on one imagined text that chose all alike."""
    found: dict[Group, dict[int, Floats]] = defaultdict(dict)
    for text, sites in enumerate(texts):
        for own_group, symbol in sites:
            found[own_group].setdefault(text, np.zeros(own_group[-1]))[symbol] += 1.0
    fitted: Fitted = {}
    for own_group, by_text in sorted(found.items()):
        counts = np.stack([*by_text.values(), np.full(own_group[-1], 0.5)])
        own = np.array([*(weights[text] for text in by_text), float(np.mean(weights))])
        most = _URNS_OF_MANY if own_group[-1] > _MANY_SYMBOLS else _URNS_OF_FEW
        fitted[own_group] = fit_urns(counts, own, min(most, 1 + len(by_text) // 25))
    return fitted


def fit_weights(log_ps: Floats, weights: Floats, least: float) -> list[float]:
    """Shares of texts that follow each of some laws: (texts, laws) ln P; none is less than `least`."""
    mix = np.full(log_ps.shape[1], 1.0 / log_ps.shape[1])
    for _ in range(_ROUNDS):
        each = log_ps + np.log(mix)
        belongs = np.exp(each - log_sum(each)[:, None]) * weights[:, None]
        mix = np.maximum(belongs.sum(axis=0) / weights.sum(), least)
        mix /= mix.sum()
    return [round(float(weight), 4) for weight in mix]


def family_weights(families: Sequence[str], fewest: int = 20) -> list[float]:
    """Families count alike; a small one weighs more, but not without bound. The mean weight is 1."""
    sizes: Mapping[str, int] = {family: families.count(family) for family in set(families)}
    raw = [1.0 / max(sizes[family], fewest) for family in families]
    return [weight * len(raw) / sum(raw) for weight in raw]
