"""What the agreement page and the lists behind its figures show."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection

from oversight.accounts.models import User
from oversight.agreement.charts import coefficients
from oversight.agreement.figures import LABELS, Agreed, agreed
from oversight.agreement.pairs import Pair, pairs_of, state_of, versions_of, visible
from oversight.dashboard.charts import Chart
from oversight.lib.errors import NotFound
from oversight.review.models import LabelSetVersion, VerdictLabel

SHOWN = 200
NAMES_S = 600.0
WORDS = {str(label.value): str(label.label) for label in VerdictLabel}


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """`found` is None where no item was read by two people under this version."""

    versions: tuple[LabelSetVersion, ...]
    version: LabelSetVersion | None
    found: Agreed | None
    charts: tuple[Chart, ...] = ()
    n_mixed: int = 0
    is_capped: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(WORDS[label] for label in LABELS)


@dataclass(frozen=True, slots=True)
class PairsPage:
    """The items behind one figure. `n_hidden` are disputes that this user is a party to."""

    version: LabelSetVersion
    rows: tuple[Pair, ...]
    n: int
    n_hidden: int
    said: str


def agreement_page(project_id: int, asked: str) -> AgreementPage:
    """Two queries, and a dozen and the steps of the texts where somebody has decided since the page was last shown."""
    versions = versions_of(project_id)
    version = _version(versions, asked)
    if version is None:
        return AgreementPage(versions, None, None)
    figures = _figures(str(connection.settings_dict["NAME"]), version, state_of(project_id), _period())
    found = figures.found
    charts = coefficients(found) if found else ()
    return AgreementPage(versions, version, found, charts, figures.n_mixed, figures.is_capped)


@dataclass(frozen=True, slots=True)
class _Figures:
    found: Agreed | None
    n_mixed: int
    is_capped: bool


@lru_cache(maxsize=64)
def _figures(database: str, version: LabelSetVersion, state: tuple[int, int], period: int) -> _Figures:
    """Seconds for thousands of pairs, and the same for all who look until the next verdict settles."""
    pairs = pairs_of(version)
    return _Figures(agreed(pairs.found, version) if pairs.found else None, pairs.n_mixed, pairs.is_capped)


def _period() -> int:
    """Names of people can change without a verdict."""
    return int(time.monotonic() // NAMES_S)


def pairs_page(project_id: int, user: User, asked: Mapping[str, str]) -> PairsPage:
    """The pairs that a figure rests on, by what its link says. Raises NotFound for a version that is not there."""
    version = _version(versions_of(project_id), asked.get("version", ""))
    if version is None:
        raise NotFound("There is no such version of a label set in this project.")
    matching = [pair for pair in pairs_of(version).found if _matches(pair, asked)]
    shown = visible(matching, user)
    return PairsPage(version, shown[:SHOWN], len(shown), len(matching) - len(shown), " and ".join(_said(asked)))


def _version(versions: Sequence[LabelSetVersion], asked: str) -> LabelSetVersion | None:
    if not asked:
        return versions[0] if versions else None
    return next((one for one in versions if str(one.pk) == asked), None)


def _matches(pair: Pair, asked: Mapping[str, str]) -> bool:
    label, people = asked.get("span", ""), asked.get("people", "")
    return all(
        (
            asked.get("first", "") in ("", pair.first.label),
            asked.get("second", "") in ("", pair.second.label),
            asked.get("severity", "") != "both" or all(pair.severities),
            asked.get("same", "") in ("", "yes" if pair.first.label == pair.second.label else "no"),
            asked.get("said", "") in ("", *pair.labels),
            not label or any(label in ("any", one.label) for spans in pair.spans for one in spans),
            not people or people == "-".join(str(pk) for pk in sorted(person.pk for person in pair.people)),
        )
    )


def _said(asked: Mapping[str, str]) -> Iterator[str]:
    """The filter in words."""
    if (label := asked.get("first", "")) in LABELS:
        yield f"the first reader said {WORDS[label].lower()}"
    if (label := asked.get("second", "")) in LABELS:
        yield f"the second reader said {WORDS[label].lower()}"
    if (label := asked.get("said", "")) in LABELS:
        yield f"one of both said {WORDS[label].lower()}"
    if asked.get("severity") == "both":
        yield "both said a severity"
    if asked.get("same") in ("yes", "no"):
        yield "both said the same" if asked["same"] == "yes" else "they said different things"
    if label := asked.get("span", ""):
        yield "one of both marked something" if label == "any" else f"one of both marked {label}"
    if asked.get("people"):
        yield "these two people read them"
