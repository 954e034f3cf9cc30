"""What the alert pages accept."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from django import forms

from oversight.accounts.models import Project
from oversight.alerts import bodies
from oversight.alerts.models import DeliveryState, Endpoint, EndpointKind


class EndpointForm(forms.Form):
    """A receiver. The URL is judged by the service, which has the one parser."""

    name = forms.CharField(max_length=80, help_text="What people call it, such as: on-call channel.")
    url = forms.CharField(
        label="URL",
        max_length=500,
        help_text="https, port 443 or 8443, a public host. A path may hold a secret: it is not shown in lists.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(label="Message", choices=EndpointKind.choices)


class NewEndpointForm(EndpointForm):
    """With the project it belongs to, and its first rule."""

    project = forms.ModelChoiceField(Project.objects.none(), empty_label=None)
    event_types = forms.MultipleChoiceField(
        label="Send when",
        required=False,
        choices=list(bodies.EVENT_TYPES.items()),
        initial=list(bodies.EVENT_TYPES),
        widget=forms.CheckboxSelectMultiple,
        help_text="Makes a rule for every monitor. Rules can be changed, and others added, at any time.",
    )

    def __init__(self, *args: Any, projects: Collection[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Project]", self.fields["project"])
        field.queryset = Project.objects.filter(pk__in=projects).order_by("name")


class RuleForm(forms.Form):
    """Which events go to which endpoint."""

    endpoint = forms.ModelChoiceField(Endpoint.objects.none(), empty_label=None)
    event_types = forms.MultipleChoiceField(
        label="Send when",
        choices=list(bodies.EVENT_TYPES.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one kind of event."},
    )
    monitors = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Concerns flags only. None ticked means every monitor.",
    )
    min_score = forms.FloatField(
        label="Score of at least",
        min_value=0,
        max_value=1,
        initial=0,
        help_text="Concerns flags only. A flag has reached its monitor's threshold already.",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    enabled = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args: Any, projects: Collection[int], monitors: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        endpoint = cast("forms.ModelChoiceField[Endpoint]", self.fields["endpoint"])
        names = cast("forms.MultipleChoiceField", self.fields["monitors"])
        endpoint.queryset = Endpoint.objects.filter(project_id__in=projects).order_by("name")
        names.choices = [(name, name) for name in monitors]


class DeliveryFilter(forms.Form):
    """The delivery log's filters, as they stand in the URL."""

    endpoint = forms.IntegerField(min_value=1, required=False)
    state = forms.ChoiceField(choices=[("", "Any state"), *DeliveryState.choices], required=False)
    before = forms.IntegerField(min_value=1, required=False)
