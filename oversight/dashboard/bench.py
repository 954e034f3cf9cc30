"""What the test bench shows: the form's choices, and a finished trial with its marks in the text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from monitors import registry
from oversight.dashboard import findings, words
from oversight.dashboard.findings import Finding
from oversight.dashboard.text_view import PartText
from oversight.dashboard.trace import PartView, part_views
from oversight.dashboard.windows import windows_of
from oversight.lib.errors import NotFound
from oversight.monitoring.forms import ParameterFields, backend_choices
from oversight.monitoring.models import Deployment, DeploymentVersion
from oversight.monitoring.trials import MOST_CHARS, Pasted, Trial
from oversight.transcripts.models import Transcript

_TEXT = {"rows": 5, "spellcheck": "false", "class": "mono", "maxlength": MOST_CHARS}


class _Pasted(forms.CharField):
    """Exactly what was pasted, but for line ends, which browsers send as CR LF whatever they were."""

    def __init__(self, label: str) -> None:
        area = forms.Textarea(attrs=_TEXT)
        super().__init__(label=label, required=False, strip=False, max_length=MOST_CHARS, widget=area)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class TrialForm(ParameterFields):
    """What to try, and on what."""

    backend = forms.ChoiceField(label="Model")
    threshold = forms.FloatField(
        min_value=0, max_value=1, widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
    )
    reasoning = _Pasted("Reasoning")
    output = _Pasted("Answer")
    prompt = _Pasted("Prompt")
    transcript = forms.CharField(
        required=False, max_length=500, help_text="Its id, its external id or its address, instead of a pasted text."
    )

    def __init__(self, *args: Any, monitor: str, **kwargs: Any) -> None:
        super().__init__(*args, monitor=monitor, **kwargs)
        choices = self.fields["backend"]
        if isinstance(choices, forms.ChoiceField):
            choices.choices = backend_choices(monitor)
        self.fields["threshold"].initial = registry.entry(monitor).threshold

    def pasted(self) -> Pasted:
        return Pasted(**{name: self.cleaned_data[name] for name in ("prompt", "reasoning", "output")})

    def setting_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("backend", "threshold")]

    def text_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("reasoning", "output", "prompt")]


@dataclass(frozen=True, slots=True)
class Start:
    """What a link to the bench asks for: a monitor with its settings, and perhaps a transcript."""

    monitor: str
    project_id: int
    initial: dict[str, Any]
    params: dict[str, Any]


def start_of(query: Mapping[str, str], projects: Collection[int], project_id: int) -> Start:
    """Raises NotFound for a deployment or version of another project, and for an unknown monitor."""
    transcript = {"transcript": query["transcript"][:100]} if query.get("transcript") else {}
    if query.get("deployment"):
        deployment = Deployment.objects.filter(pk=_number(query["deployment"]), project_id__in=projects).first()
        if deployment is None:
            raise NotFound("There is no such deployment in your projects.")
        settings: Deployment | DeploymentVersion | None = deployment
        if query.get("version"):
            settings = DeploymentVersion.objects.filter(deployment=deployment, number=_number(query["version"])).first()
        if settings is None:
            raise NotFound("There is no such version.")
        initial = {"backend": deployment.backend, "threshold": settings.threshold, **transcript}
        return Start(_installed(deployment.monitor), deployment.project_id, initial, settings.params)
    name = _installed(query.get("monitor") or next(iter(registry.entries())))
    return Start(name, project_id, {"threshold": registry.entry(name).threshold, **transcript}, {})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _installed(name: str) -> str:
    if name not in registry.entries():
        raise NotFound("There is no such monitor.")
    return name


def named_transcript(said: str, project_id: int) -> Transcript:
    """By id, external id or address, in this project only. Raises NotFound."""
    said = said.strip()
    of_project = Transcript.objects.filter(project_id=project_id).select_related("model_run", "project")
    found = of_project.filter(external_id=said).first()
    for piece in said.split("?")[0].split("#")[0].strip("/").split("/") if found is None else ():
        found = found or of_project.filter(pk=uuid_of(piece)).first()
    if found is None:
        raise NotFound("There is no such transcript in this project.")
    return found


def uuid_of(text: str) -> UUID:
    """The id that it is; one that nothing has when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


@dataclass(frozen=True, slots=True)
class TrialPage:
    """A trial, and once it is done its finding with the text. `is_cut`: of a long text only the beginning is shown."""

    trial: Trial
    title: str
    finding: Finding | None
    parts: tuple[PartView, ...]
    is_cut: bool


def waiting_page(trial: Trial) -> TrialPage:
    """Without the text, which nobody need have read yet."""
    return TrialPage(trial, words.monitor_title(trial.monitor), None, (), is_cut=False)


def done_page(trial: Trial) -> TrialPage:
    """With the text: of a stored transcript, when its reading has been recorded."""
    row, content = trial.score_row(), trial.content()
    found = findings.find([row] if row else [], content)
    texts = [
        PartText.of(part.text, part.steps or (), (s for s in found.spans.values() if s.part == index))
        for index, part in enumerate(content.parts)
    ]
    windows = windows_of(texts)
    [finding] = findings.panel(found, texts, lambda part, step, anchor: f"#{anchor}") or (None,)
    return TrialPage(
        trial=trial,
        title=words.monitor_title(trial.monitor),
        finding=finding,
        parts=tuple(part_views(content, texts, windows[0])),
        is_cut=len(windows) > 1,
    )
