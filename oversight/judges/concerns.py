"""Alarms that stand, as the overview shows them among what needs attention."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from django.urls import reverse

from oversight.dashboard.attention import Concern
from oversight.judges.models import Alarm
from oversight.judges.rules import TITLES


def concerns(projects: Collection[int]) -> Iterator[Concern]:
    """One line a project with alarms that stand, to the page on which each has its evidence. One query."""
    rows = Alarm.objects.filter(cleared_at=None, deployment__project_id__in=projects)
    standing: dict[str, list[str]] = defaultdict(list)
    for slug, rule in rows.order_by("deployment__project_id", "pk").values_list("deployment__project__slug", "rule"):
        standing[slug].append(rule)
    for slug, rules in standing.items():
        what = ", ".join(dict.fromkeys(TITLES.get(rule, rule).lower() for rule in rules))
        says = f"{len(rules)} {'check fails' if len(rules) == 1 else 'checks fail'} in {slug}: {what}."
        yield Concern("danger", "Judge alarms", says, f"{reverse('judges:health')}?project={slug}", "monitor.view")
