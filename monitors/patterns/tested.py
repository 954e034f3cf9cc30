"""A test: one law against the law of clean texts in one stream."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
_NOWHERE = np.zeros(0, np.int64)


class Test(NamedTuple):
    """One law against the clean prior in one stream: ln of the evidence, and the sites and text it points to.

    `name` is "channel/reading:law". A test without evidence points nowhere.
    """

    name: str
    log_ratio: float
    payload: str = ""
    starts: Numbers = _NOWHERE
    ends: Numbers = _NOWHERE

    @property
    def channel(self) -> str:
        return _parts(self.name)[0]

    @property
    def kind(self) -> str:
        """The name of the law, whatever the channel and the reading."""
        return _parts(self.name)[1]


@cache
def _parts(name: str) -> tuple[str, str]:
    return name.partition("/")[0], name.rpartition(":")[2]
