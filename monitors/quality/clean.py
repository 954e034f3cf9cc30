"""Alerts on clean transcripts: how many of 10,000 each monitor flags at its default threshold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitors.base import Score
from monitors.quality.sets import REPLACED, Record, digest
from monitors.registry import entry
from monitors.stats.binomial import clopper_pearson

PER = 10_000
MOST = 100
ALL = "all"
_REPLACED_ROW = f"all but {REPLACED}"

Key = tuple[str, str]


@dataclass(slots=True)
class Count:
    """Scored transcripts, alerts, transcripts without a score, and the groups they come from."""

    n: int = 0
    alerts: int = 0
    unscored: int = 0
    groups: set[str] = field(default_factory=set)
    groups_flagged: set[str] = field(default_factory=set)

    def add(self, score: Score, threshold: float, group: str) -> None:
        if score.value is None:
            self.unscored += 1
            return
        self.n += 1
        self.groups.add(group)
        if score.value >= threshold:
            self.alerts += 1
            self.groups_flagged.add(group)

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "n": self.n,
            "alerts": self.alerts,
            "unscored": self.unscored,
            "groups": len(self.groups),
            "groups_flagged": len(self.groups_flagged),
        }
        if self.n:
            share = clopper_pearson(self.alerts, self.n)
            found |= {"per_10000": PER * share.value, "low": PER * share.low, "high": PER * share.high}
        return found


def is_flagged(name: str, score: Score) -> bool:
    """Whether the monitor alerts at its default threshold."""
    return score.value is not None and score.value >= entry(name).threshold


def clean_alerts(scored: Iterable[tuple[Record, Mapping[str, Score]]]) -> dict[str, Any]:
    """Counts by source and family for each monitor, and over all; what authors replaced counts apart."""
    counts: dict[Key, dict[str, Count]] = defaultdict(lambda: defaultdict(Count))
    for record, scores in scored:
        keys = [(record.row, record.family)]
        if not record.row.endswith(REPLACED):
            keys += [(ALL, record.family), (ALL, ALL)]
        for name, score in scores.items():
            for key in keys:
                counts[key][name].add(score, entry(name).threshold, record.group)
    rows = sorted(counts, key=lambda key: (key[0] == ALL, key[1] == ALL, key))
    names = sorted({name for by_name in counts.values() for name in by_name})
    return {
        "monitors": {name: {"version": entry(name).version, "threshold": entry(name).threshold} for name in names},
        "rows": [
            {"source": source, "family": of, "monitors": {n: c.as_json() for n, c in counts[source, of].items()}}
            for source, of in rows
        ],
    }


def excesses(section: Mapping[str, Any]) -> list[tuple[str, str, str, Mapping[str, Any]]]:
    """(monitor, source, family, count) wherever more than 1 % of the clean transcripts are flagged."""
    return [
        (name, row["source"], row["family"], count)
        for row in section["rows"]
        for name, count in row["monitors"].items()
        if count.get("per_10000", 0.0) > MOST
    ]


def sample(records: Sequence[Record], n: int) -> list[Record]:
    """At most `n` records, of each family in turn, in the order of their ids' digests."""
    by_family: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_family[record.family].append(record)
    queues = [sorted(of, key=digest) for _, of in sorted(by_family.items())]
    taken: list[Record] = []
    for rank in range(max(map(len, queues), default=0)):
        taken += [queue[rank] for queue in queues if rank < len(queue)]
    return taken[:n]
