"""What the Monitors pages accept. The fields of a monitor's parameters are made from its dataclass and docstring."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from monitors import registry
from monitors.base import Need
from oversight.lib.errors import Invalid, ServiceError
from oversight.monitoring.models import Backend, BackfillScope
from oversight.monitoring.parameters import Parameter, checked, parameters_of

_STEP = {"step": "any", "min": "0", "max": "1", "inputmode": "decimal"}
PREFIX = "param_"
MOST_CHARS = 20_000


class Reasoned(forms.Form):
    """A change needs a reason, which the audit trail keeps."""

    why = forms.CharField(
        label="Reason", max_length=300, help_text="Kept in the audit trail with the values before and after."
    )


class ListField(forms.CharField):
    """One entry a line; an empty line is none."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"})

    def __init__(self, of: str, **kwargs: Any) -> None:
        self.of = {"int": int, "float": float}.get(of, str)
        super().__init__(max_length=MOST_CHARS, strip=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        lines = [line for line in str(super().clean(value) or "").splitlines() if line.strip()]
        try:
            return [self.of(line) for line in lines]
        except ValueError:
            raise ValidationError("Each line must be a number.") from None


class JsonField(forms.CharField):
    """Anything that JSON can say, for parameters of no simpler kind."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "mono"})

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, default=list)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return json.loads(text) if text else None
        except ValueError:
            raise ValidationError("This is not JSON.") from None


class ParameterFields(forms.Form):
    """One field for each parameter of a monitor, filled with what is set, or with the default."""

    def __init__(self, *args: Any, monitor: str, params: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.monitor = monitor
        self.parameters = parameters_of(monitor)
        for parameter in self.parameters:
            field = _field(parameter)
            field.initial = (params or {}).get(parameter.name, parameter.default)
            self.fields[PREFIX + parameter.name] = field

    def parameter_fields(self) -> list[forms.BoundField]:
        return [self[PREFIX + parameter.name] for parameter in self.parameters]

    def other_fields(self) -> list[forms.BoundField]:
        return [field for field in self if not field.name.startswith(PREFIX)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors:
            try:
                values["params"] = checked(self.monitor, {p.name: values[PREFIX + p.name] for p in self.parameters})
            except Invalid as error:
                self.refuse(error)
        return values

    def refuse(self, error: ServiceError) -> None:
        """Say at its field what a service, or the monitor itself, does not accept."""
        place = next((name for name in (PREFIX + error.place, error.place) if name in self.fields), None)
        self.add_error(place, str(error))


def _field(parameter: Parameter) -> forms.Field:
    shown = ", ".join(map(str, parameter.default)) if parameter.kind == "list" else parameter.default
    default = f"Default: {'none' if shown in (None, '') else str(shown)[:80]}."
    said: dict[str, Any] = {
        "label": parameter.name,
        "help_text": f"{parameter.help[:1].upper()}{parameter.help[1:]} {default}".strip(),
        "required": False,
    }
    needed = {**said, "required": not parameter.is_optional}
    if parameter.kind == "bool":
        return forms.BooleanField(**said)
    if parameter.kind == "int":
        return forms.IntegerField(**needed)
    if parameter.kind == "float":
        return forms.FloatField(**needed, widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}))
    if parameter.kind == "choice":
        return forms.ChoiceField(choices=[(one, one) for one in parameter.choices], **needed)
    if parameter.kind == "list":
        said["help_text"] += " One a line."
        return ListField(parameter.of, **said)
    if parameter.kind == "json":
        said["help_text"] += " As JSON."
        return JsonField(**said)
    return forms.CharField(max_length=MOST_CHARS, **said)


class SettingsForm(ParameterFields, Reasoned):
    """From which score on a deployment flags, how much of what comes in it reads, and the monitor's parameters."""

    threshold = forms.FloatField(
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs=_STEP),
        help_text="Scores from here on are flagged. Concerns later runs only.",
    )
    sample_share = forms.FloatField(
        label="Share of transcripts",
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs=_STEP),
        help_text="1 reads all that comes in; less reads a fixed random part.",
    )
    field_order = ("threshold", "sample_share", "backend", "why")

    def settings(self) -> dict[str, Any]:
        """For the services, once it is valid."""
        return {name: self.cleaned_data[name] for name in ("threshold", "sample_share", "params", "why")}


class AddForm(SettingsForm):
    """A monitor put to work. Its backend cannot change later: scores of two models would stand in one history."""

    backend = forms.ChoiceField(
        label="Model", help_text="Cannot be changed later: another model is another deployment."
    )

    def __init__(self, *args: Any, monitor: str, **kwargs: Any) -> None:
        entry = registry.entry(monitor)
        super().__init__(*args, monitor=monitor, **kwargs)
        self.fields["threshold"].initial = entry.threshold
        self.fields["sample_share"].initial = 1.0
        field = self.fields["backend"]
        if isinstance(field, forms.ChoiceField):
            field.choices = backend_choices(monitor)
        if not entry.needs:
            field.widget, field.initial = forms.HiddenInput(), Backend.NONE
        self.order_fields(self.field_order)

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), "backend": self.cleaned_data["backend"]}


def backend_choices(monitor: str) -> list[tuple[str, str]]:
    """Where a monitor's model may come from; only "none" when it needs none."""
    needs = registry.entry(monitor).needs
    of_judges = [Backend.RECORDED] if Need.JUDGE in needs else []
    return [
        (one.value, one.label) for one in ([Backend.LOCAL, Backend.SERVER, *of_judges] if needs else [Backend.NONE])
    ]


class SwitchForm(Reasoned):
    """On or off; when on, perhaps also over what was missed."""

    enabled = forms.TypedChoiceField(
        choices=[("1", "On"), ("0", "Off")], coerce=lambda value: value == "1", widget=forms.HiddenInput
    )
    catch_up = forms.BooleanField(required=False)


class PromoteForm(Reasoned):
    """Which version shall be live."""

    number = forms.IntegerField(min_value=1, max_value=1_000_000, widget=forms.HiddenInput)


class BackfillForm(Reasoned):
    """Which transcripts that are there already to run on."""

    scope = forms.ChoiceField(label="Run on", choices=BackfillScope.choices, widget=forms.RadioSelect, initial="missed")
    newest = forms.IntegerField(
        label="Only the newest", required=False, min_value=1, max_value=100_000_000, help_text="Empty: all transcripts."
    )
    field_order = ("scope", "newest", "why")


class RetryForm(forms.Form):
    """Which runs to try again: the failed ones, or those that are unscored for a reason."""

    reason = forms.CharField(required=False, max_length=24)
