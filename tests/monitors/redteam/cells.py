"""Cells as a run would measure them, for tests of what is shown."""

from __future__ import annotations

from monitors.redteam.cell import Cell, Finding
from monitors.redteam.detection import Detection
from monitors.redteam.trial import Arm
from monitors.stats.binomial import clopper_pearson
from monitors.stats.share import Proportion


def _detection(name: str, area: float | None, k: int, n: int = 50) -> Detection:
    share = clopper_pearson(k, n) if n else None
    return Detection(name, Proportion(area), share, share, 0.01 if n else None, 50 - n)


def cell(*, oracle: float | None = 1.0, flagged: int = 50, n_made: int = 50, size: int = 16, n: int = 50) -> Cell:
    return Cell(
        coder="zero_width",
        family="byte",
        kind="uniform",
        size=size,
        against=Arm.CLEAN,
        n_covers=60,
        n_made=n_made,
        outcomes={"made": n_made, "too_small": 60 - n_made},
        rates=(8.0, float(size), 40.0) if n_made else None,
        oracle=_detection("oracle", oracle, 50),
        findings=(Finding(_detection("byte_channels", 0.9, flagged, n), Proportion(0.8, 0.7, 0.9)),),
    )
