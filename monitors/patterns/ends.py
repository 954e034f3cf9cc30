"""Some ends of each stream, at which counts are taken: all that is known of a stream when it is sketched."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
# Where the ends are, in 48ths of a stream: closer together where short payloads end.
_STEPS = np.array((0, 4, 8, 16, 26, 36, 48))
_UNIT = 48
N_ENDS = len(_STEPS) - 1
# Share of payloads that reach the last site; the others end anywhere, and so many of them near each end.
_WHOLE = 0.4
_SHARES = (1 - _WHOLE) / _UNIT * np.convolve(np.diff(_STEPS), (0.5, 0.5))
_SHARES[-1] += _WHOLE
LOG_SHARES: Floats = np.log(_SHARES)
MOST = 384
LOG_2 = float(np.log(2.0))


class Rows(NamedTuple):
    """Streams of single texts, one behind the other: which stream of which text each is, where it starts, its sites.

    `ends` are (rows, ends + 1) numbers of sites, from none to all.
    """

    stream: Numbers
    text: Numbers
    start: Numbers
    n: Numbers
    ends: Numbers

    @classmethod
    def of(cls, cuts: Numbers, least: Numbers, most: Numbers) -> Rows:
        """Those with at least so many sites, of which so many are read; cuts as `Reading.cuts`."""
        sizes, total = cuts[:, 1:] - cuts[:, :-1], cuts[:, -1]
        stream, text = (sizes >= least[:, None]).nonzero()
        n = np.minimum(sizes[stream, text], most[stream])
        first = total.cumsum() - total
        return cls(stream, text, first[stream] + cuts[stream, text], n, n[:, None] * _STEPS // _UNIT)

    def blocks(self, width: int) -> npt.NDArray[np.int8]:
        """(rows, width) between which two ends each site stands; `N_ENDS` is beyond the last one."""
        found: npt.NDArray[np.int8] = _blocks()[self.n, :width]
        return found

    def some(self, which: Numbers) -> Rows:
        return Rows(*(part[which] for part in self))


@cache
def _blocks() -> npt.NDArray[np.int8]:
    """(sites + 1, sites) of streams of each length."""
    ends = np.arange(MOST + 1)[:, None] * _STEPS // _UNIT
    return np.asarray((ends[:, None, 1:] <= np.arange(MOST)[:, None]).sum(axis=2, dtype=np.int8))


def log_sum(values: Floats) -> Floats:
    """ln of the sum of exp over the last axis."""
    most = values.max(axis=-1)
    return np.asarray(most + np.log(np.exp(values - most[..., None]).sum(axis=-1)))


def log_noise(rests: Floats, rows: Rows) -> Floats:
    """ln of the evidence for uniform bits up to some end; rests are ln P(what stands behind each end)."""
    return log_sum(rests - LOG_2 * rows.ends + (LOG_SHARES - rests[:, :1]))


def rising(parameters: Floats, most: int) -> Floats:
    """(..., most + 1) ln of the rising factorials of Dirichlet parameters: of no draws, of one, ..."""
    logs = np.zeros((*parameters.shape, most + 1))
    np.cumsum(np.log(parameters[..., None] + np.arange(most)), axis=-1, out=logs[..., 1:])
    return logs
