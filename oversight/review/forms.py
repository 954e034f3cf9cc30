"""What the review pages accept."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from oversight.review.selectors import Filter


class FilterForm(forms.Form):
    """The queue's filters, as they stand in the URL."""

    state = forms.ChoiceField(choices=[("open", "Open"), ("mine", "Mine"), ("decided", "Decided")], required=False)
    monitor = forms.CharField(max_length=80, required=False)
    older = forms.CharField(max_length=80, required=False)
    newer = forms.CharField(max_length=80, required=False)


def filter_of(query: QueryDict) -> Filter:
    """The filter that a URL names. What cannot be read counts as not given, so that old links keep working."""
    form = FilterForm(query)
    form.is_valid()
    return Filter(**{name: value for name, value in form.cleaned_data.items() if value})
