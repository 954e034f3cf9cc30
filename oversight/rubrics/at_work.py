"""A rubric as a monitor: its name, its words as the registry knows them, and whether a judge may flag with it."""

from __future__ import annotations

import hashlib
import re

from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import slugify

from monitors import admission as science
from monitors.backends.base import Judge
from monitors.base import Axis, Monitor, Need, Reason
from monitors.judging.monitor import RubricMonitor
from monitors.registry import Entry
from oversight.monitoring.models import Admission
from oversight.rubrics import admissions, wording
from oversight.rubrics.models import Rubric, RubricAdmission, RubricVersion

PREFIX = "rubric_"
MOST_NAME = 50
_NAME = re.compile(r"rubric_([1-9][0-9]{0,8})(?:_[a-z0-9_]+)?")
_COPIED = (
    *("judge", "judge_digest", "prompt_sha256", "n_positive", "n_negative"),
    *("parse_rate", "auroc", "auroc_low", "auroc_high", "admitted", "at"),
)


def monitor_name(rubric: Rubric) -> str:
    """Such as "rubric_12_gives_up_early": names never change, so that no other row has to be asked for a title."""
    words = slugify(rubric.name).replace("-", "_")[:MOST_NAME].strip("_")
    return f"{PREFIX}{rubric.pk}" + (f"_{words}" if words else "")


def find(name: str) -> Entry | None:
    """The live version of a rubric, else its newest, as a monitor. One query for a name that is one of ours."""
    said = _NAME.fullmatch(name)
    if said is None:
        return None
    live = Coalesce(F("rubric__live_number"), F("rubric__number"))
    versions = RubricVersion.objects.select_related("rubric").filter(rubric_id=int(said[1]), number=live)
    version = versions.first()
    return _entry(name, version) if version is not None and monitor_name(version.rubric) == name else None


def _entry(name: str, version: RubricVersion) -> Entry:
    words = {
        "rubric": wording.rubric_of(version),
        "__doc__": f"{version.property}\n\n{version.definition}",
        "__slots__": (),
    }
    return Entry(
        cls=type("OwnRubric", (RubricMonitor,), words),
        name=name,
        version=version.number,
        axis=Axis.OTHER,
        needs=(Need.JUDGE,),
        reference="",
        threshold=0.5,
    )


def is_name(name: str) -> bool:
    """Whether a monitor of this name is a rubric's."""
    return _NAME.fullmatch(name) is not None


def rubric_named(name: str) -> Rubric | None:
    """The rubric that a monitor's name speaks of. One query for a name that is one of ours."""
    said = _NAME.fullmatch(name)
    return Rubric.objects.filter(pk=int(said[1])).first() if said else None


def cases_sha256(name: str, set_sha256: str) -> str:
    """Names an admission set among those of all monitors: two rubrics may label the same transcripts alike."""
    return hashlib.sha256(f"{name} {set_sha256}".encode()).hexdigest()


def url(name: str) -> str:
    """The rubric's admission page."""
    said = _NAME.fullmatch(name)
    return reverse("rubrics:admission", args=[int(said[1])]) if said else reverse("rubrics:list")


def gate(name: str, monitor: science.Judged, judge: Judge) -> Monitor:
    """The monitor if its judge is admitted to this prompt on the set of now, else one whose scores say why not.

    Raises
    ------
    BackendUnavailable : the judge does not answer.
    """
    rubric, prompt, digest = rubric_named(name), science.prompt_of(monitor), judge.digest
    standing = admissions.standing(rubric) if rubric else ()
    own = next((row for row in standing if (row.judge_digest, row.prompt_sha256) == (digest, prompt)), None)
    if own is not None and own.admitted:
        return monitor
    why = "No judge was examined" if own is None else f"{own.judge} was examined and not admitted"
    rationale = f"{why} on this prompt and the rubric's set of now."
    return science.Withheld(Reason.JUDGE_NOT_ADMITTED, rationale, judge.model, prompt)


def show(row: RubricAdmission | None) -> None:
    """Keep an admission beside those of the catalogue too, where the pages of deployments and of judges look."""
    if row is None:
        return
    name, values = monitor_name(row.version.rubric), {column: getattr(row, column) for column in _COPIED}
    cases = cases_sha256(name, row.set_sha256)
    key = {"judge_digest": values.pop("judge_digest"), "prompt_sha256": values.pop("prompt_sha256")}
    values |= {"monitor": name, "version": row.version.number}
    Admission.objects.update_or_create(**key, cases_sha256=cases, defaults=values)
