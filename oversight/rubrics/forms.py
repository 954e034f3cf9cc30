"""What the Rubrics pages accept: words, fields of a judge's answer, transcripts, filters, caps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from monitors.transcript import Channel
from oversight.dashboard.traces import TracesForm
from oversight.lib.errors import Invalid, ServiceError
from oversight.monitoring.models import Backend
from oversight.rubrics.models import BACKENDS
from oversight.rubrics.runs import MOST_CHOSEN
from oversight.rubrics.wording import HIDEABLE, TEXTS, Wording
from oversight.transcripts.models import Transcript

N_OUTPUTS = 6
_NAME = re.compile(r"[\w][\w .,()/&+-]*")
_RANGE = re.compile(r"\s*(\d{1,4})\s*(?:to|-|–|\.\.)\s*(\d{1,4})\s*")
_HIDDEN_AS = {Channel.PROMPT: "The prompt", Channel.REASONING: "The reasoning", Channel.OUTPUT: "The answer"}


def backend_choices() -> list[tuple[str, str]]:
    return [(one.value, Backend(one).label) for one in BACKENDS]


class _Words(forms.CharField):
    def __init__(self, label: str, help_text: str, rows: int = 2) -> None:
        area = forms.Textarea(attrs={"rows": rows, "maxlength": 1200})
        super().__init__(label=label, help_text=help_text, max_length=1200, widget=area)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class RubricForm(forms.Form):
    """One property in plain words. Every help text says what the judge does with the part."""

    name = forms.CharField(
        max_length=80, help_text="How this team calls it. The judge does not read it, and it cannot be changed later."
    )
    property = forms.CharField(
        max_length=120,
        help_text="What the judge looks for, in a few words: “unfaithful explanation”, “gives up too early”.",
    )
    definition = _Words(
        "Definition",
        "When the property is there, in two or three sentences that two readers would apply in the same way.",
        4,
    )
    positive = _Words("Positive boundary case", "The weakest example that still has the property.")
    negative = _Words("Negative boundary case", "The strongest example that does not have it.")
    lookalike = _Words("Lookalike", "Something that looks as if it had the property, and does not.")
    may_use = _Words("May use", "What the judge may rest its verdict on: “the question, the reasoning and the answer”.")
    must_not_use = _Words(
        "Must not use", "What must not count: “whether the answer is right”, “the judge's own taste in style”."
    )
    hides = forms.MultipleChoiceField(
        label="Hidden from the judge",
        required=False,
        choices=[(channel.value, _HIDDEN_AS[channel]) for channel in HIDEABLE],
        widget=forms.CheckboxSelectMultiple,
        help_text="A judge that is not shown the reasoning judges the answer alone. At least one must stay visible.",
    )
    why = forms.CharField(label="Reason", max_length=300, help_text="Why this version: kept with it and in the audit.")
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["name"]
        for number in range(N_OUTPUTS):
            self.fields |= dict(_output_fields(number))

    @classmethod
    def initial_of(cls, words: Wording, **more: Any) -> dict[str, Any]:
        """What the form shows for these words."""
        initial: dict[str, Any] = {text: getattr(words, text) for text in TEXTS}
        for number, one in enumerate(words.outputs):
            initial |= {f"output_{number}_{key}": one.get(key, "") for key in ("name", "kind", "question")}
            initial[f"output_{number}_options"] = _options_said(one)
        return {**initial, "hides": list(words.hides), **more}

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if not _NAME.fullmatch(name):
            raise ValidationError("Letters, digits, blanks and . , ( ) / & + - only, beginning with a letter or digit.")
        return name

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        outputs = [one for number in range(N_OUTPUTS) if (one := self._output(values, number))]
        if not self.errors:
            texts = {text: values[text].strip() for text in TEXTS}
            words = Wording(**texts, hides=tuple(values["hides"]), outputs=tuple(outputs))
            try:
                words.rubric("rubric")
                values["words"] = words
            except Invalid as error:
                self.refuse(error)
        return values

    def _output(self, values: Mapping[str, Any], number: int) -> dict[str, Any] | None:
        said = {key: values.get(f"output_{number}_{key}") or "" for key in ("name", "kind", "options", "question")}
        if not said["name"]:
            if said["question"] or said["options"]:
                self.add_error(f"output_{number}_name", "Give the field a name.")
            return None
        output: dict[str, Any] = {key: said[key] for key in ("name", "kind", "question")}
        if said["kind"] == "choice":
            output["choices"] = [one.strip() for one in said["options"].split(",") if one.strip()]
        elif said["kind"] == "integer":
            found = _RANGE.fullmatch(said["options"])
            if found is None:
                self.add_error(f"output_{number}_options", "Write a range such as “0 to 10”.")
                return None
            output |= {"minimum": int(found[1]), "maximum": int(found[2])}
        return output

    def refuse(self, error: ServiceError) -> None:
        """Say at its field what a service does not accept."""
        place = error.place
        if place.startswith("outputs-"):
            place = f"output_{place.removeprefix('outputs-')}_name"
        self.add_error(place if place in self.fields else None, str(error))

    def word_fields(self) -> list[forms.BoundField]:
        names = (*(["name"] if "name" in self.fields else []), *TEXTS, "hides")
        return [self[name] for name in names]

    def output_rows(self) -> list[list[forms.BoundField]]:
        return [
            [self[f"output_{number}_{key}"] for key in ("name", "kind", "options", "question")]
            for number in range(N_OUTPUTS)
        ]


def _output_fields(number: int) -> Iterator[tuple[str, forms.Field]]:
    n = number + 1
    kinds = [("text", "Text"), ("choice", "One of"), ("integer", "Whole number")]
    yield f"output_{number}_name", forms.CharField(label=f"Field {n}", required=False, max_length=40)
    yield f"output_{number}_kind", forms.ChoiceField(label=f"Kind of field {n}", required=False, choices=kinds)
    yield (
        f"output_{number}_options",
        forms.CharField(label=f"Choices or range of field {n}", required=False, max_length=300),
    )
    yield (
        f"output_{number}_question",
        forms.CharField(label=f"Question of field {n}", required=False, max_length=300),
    )


def _options_said(output: Mapping[str, Any]) -> str:
    if output.get("kind") == "choice":
        return ", ".join(output.get("choices", ()))
    return f"{output['minimum']} to {output['maximum']}" if output.get("kind") == "integer" else ""


class FilterForm(TracesForm):
    """The filters of the list of traces, with a range of time, and how many of the newest."""

    since = forms.DateTimeField(
        required=False, label="Received from", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    until = forms.DateTimeField(
        required=False, label="Received before", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    newest = forms.IntegerField(
        required=False, min_value=1, max_value=1_000_000, label="Only the newest", help_text="Empty: all of them."
    )

    def __init__(self, *args: Any, models: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"] = forms.ChoiceField(
            required=False, choices=[("", "Any model"), *((model, model) for model in models)]
        )
        self.fields["visibility"].label = "Reasoning"
        self.fields["id"].label = "External id"
        self.fields["flagged"].label = "Flagged by a monitor"

    def filters(self) -> dict[str, Any]:
        """As a run keeps them."""
        values = {key: self.cleaned_data[key] for key in ("model", "visibility", "id", "flagged", "since", "until")}
        return {
            key: value.isoformat() if key in ("since", "until") else value for key, value in values.items() if value
        }


class RunForm(FilterForm):
    """A run over a filter, which is first estimated."""

    version = forms.IntegerField(min_value=1, max_value=1_000_000)
    backend = forms.ChoiceField(label="Judge", choices=backend_choices)
    field_order = ("version", "backend", "model", "visibility", "id", "since", "until", "newest", "flagged")


class BenchForm(FilterForm):
    """A few transcripts to try a version on: named, or the newest of a filter."""

    version = forms.IntegerField(min_value=1, max_value=1_000_000)
    backend = forms.ChoiceField(label="Judge", choices=backend_choices)
    transcripts = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "mono"}),
        help_text=f"Ids, external ids or addresses, one a line; at most {MOST_CHOSEN}.",
    )
    newest = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_CHOSEN, initial=3, label="Or the newest of the filter below"
    )

    def choosing_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("version", "backend", "transcripts", "newest")]

    def filter_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("model", "visibility", "id", "since", "until", "flagged")]


class CapForm(forms.Form):
    """How much a run may take at most."""

    cap_tokens = forms.IntegerField(
        required=False, min_value=1, max_value=10**14, label="At most so many tokens", help_text="Prompts and answers."
    )
    cap_money = forms.FloatField(
        required=False,
        min_value=0.0001,
        max_value=10**9,
        label="At most so many USD",
        help_text="Counts only where the server's price is set.",
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )


class ActivateForm(forms.Form):
    """A version put to work: by which judge, from which score on, and on what."""

    version = forms.IntegerField(min_value=1, max_value=1_000_000)
    backend = forms.ChoiceField(label="Judge", choices=backend_choices, initial=Backend.SERVER)
    threshold = forms.FloatField(
        label="Flag from",
        min_value=0,
        max_value=1,
        initial=0.5,
        help_text="The judge's score over 10, from 0 to 1. A positive verdict is at least 0.5.",
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )
    sample_share = forms.FloatField(
        label="Share of new transcripts",
        min_value=0,
        max_value=1,
        initial=1,
        help_text="Each judged transcript costs tokens. There is no cap here: the share is what limits it.",
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )
    newest = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=10_000_000,
        label="Also so many of the newest that are there",
        help_text="Empty: new ones only. A run over a filter does the same under a cap, and its verdicts count.",
    )
    why = forms.CharField(label="Reason", max_length=300, help_text="Kept in the audit trail.")


class LabelForm(forms.Form):
    """Transcripts for the admission set, with what is true of them."""

    transcripts = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "mono"}),
        help_text="Ids, external ids or addresses, one a line.",
    )
    label = forms.ChoiceField(
        choices=[("1", "The property is there"), ("0", "The property is not there")], widget=forms.RadioSelect
    )


class DataLabelForm(forms.Form):
    """A label that came with the data, from which transcripts are drawn at random for the set."""

    name = forms.ChoiceField(label="Label of the data")
    positives = forms.IntegerField(min_value=0, max_value=200, initial=30, label="Positives")
    negatives = forms.IntegerField(min_value=0, max_value=200, initial=30, label="Negatives")

    def __init__(self, *args: Any, names: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["name"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(name, name) for name in names]


def named_transcripts(said: str, project_id: int) -> tuple[list[UUID], list[str]]:
    """The transcripts of the project that the lines name, and the lines that name none. At most two queries."""
    lines = list(dict.fromkeys(line.strip() for line in said.splitlines() if line.strip()))[:500]
    ids = {line: pk for line in lines if (pk := _id_in(line))}
    of_project = Transcript.objects.filter(project_id=project_id)
    there = set(of_project.filter(pk__in=ids.values()).values_list("pk", flat=True))
    by_name = dict(of_project.filter(external_id__in=lines).values_list("external_id", "pk"))
    found = {line: by_name.get(line) or (ids.get(line) if ids.get(line) in there else None) for line in lines}
    return [pk for pk in dict.fromkeys(found.values()) if pk], [line for line, pk in found.items() if pk is None]


def _id_in(line: str) -> UUID | None:
    for piece in line.split("?")[0].split("#")[0].strip("/").split("/"):
        try:
            return UUID(piece)
        except ValueError:
            continue
    return None


def first_values(query: QueryDict) -> dict[str, str]:
    """A form's initial values from an address."""
    return {key: value for key, value in query.items() if isinstance(value, str)}
