"""What the review pages accept."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from oversight.review.models import Stream
from oversight.review.selectors import BANDS, Filter
from oversight.review.services import Rules


class FilterForm(forms.Form):
    """The queue's filters, as they stand in the URL."""

    state = forms.ChoiceField(choices=[(one, one) for one in ("open", "mine", "snoozed", "decided")], required=False)
    monitor = forms.CharField(max_length=80, required=False)
    run = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    score = forms.ChoiceField(choices=[(band, band) for band in BANDS], required=False)
    assignee = forms.RegexField(regex=r"me|none|[1-9][0-9]{0,17}", required=False)
    stream = forms.ChoiceField(choices=Stream.choices, required=False)
    due = forms.ChoiceField(choices=[("overdue", "overdue"), ("ahead", "ahead")], required=False)
    older = forms.CharField(max_length=80, required=False)
    newer = forms.CharField(max_length=80, required=False)


def filter_of(query: QueryDict, *, may_see_streams: bool = False) -> Filter:
    """The filter that a URL names. What cannot be read counts as not given, so that old links keep working."""
    form = FilterForm(query)
    form.is_valid()
    given = {name: value for name, value in form.cleaned_data.items() if value}
    if not may_see_streams:
        given.pop("stream", None)
    return Filter(**given)


class PlanForm(forms.Form):
    """What to do with the rows that were chosen. `n` confirms how many all matching ones are."""

    snooze = forms.CharField(max_length=20, required=False)
    until = forms.DateTimeField(required=False)
    assign = forms.RegexField(regex=r"none|[1-9][0-9]{0,17}", required=False)
    all = forms.BooleanField(required=False)
    n = forms.IntegerField(min_value=0, required=False)


class RulesForm(forms.Form):
    """A queue's rules: shares as percent, the time to a verdict in hours."""

    audit = forms.FloatField(label="Audit share, percent", min_value=0, max_value=100)
    second = forms.FloatField(label="Second reader, percent", min_value=0, max_value=100)
    agreeing = forms.FloatField(label="Agreeing pairs to an adjudicator, percent", min_value=0, max_value=100)
    due_hours = forms.FloatField(label="Hours to a verdict", min_value=0, max_value=24 * 365)
    label_set = forms.IntegerField(required=False)
    reason = forms.CharField(max_length=300)

    def rules(self) -> Rules:
        """For a valid form."""
        given = self.cleaned_data
        return Rules(
            audit_share=round(given["audit"] / 100, 6),
            second_share=round(given["second"] / 100, 6),
            agreeing_share=round(given["agreeing"] / 100, 6),
            due_after_min=round(given["due_hours"] * 60),
            label_set=given["label_set"],
        )

    def first_error(self) -> str:
        """The sentence to show when the form is not valid."""
        for name, errors in self.errors.items():
            return f"{self.fields[name].label or name.capitalize()}: {errors[0]}"
        return ""
