"""A statistic that the data cannot carry."""

from __future__ import annotations


class UndefinedMetric(ValueError):
    """The metric has no value here: it is reported as missing with this reason, never as NaN, 0 or 0.5."""
