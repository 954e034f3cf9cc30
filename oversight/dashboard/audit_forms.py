"""The audit page's filter, as it stands in the URL."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict

from oversight.accounts.models import User
from oversight.audit.events import REGISTRY
from oversight.dashboard.audit import Filter
from oversight.lib.errors import Invalid

KINDS = ("user", "apikey", "worker", "system", "anonymous")


class FilterForm(forms.Form):
    """`from` is a keyword of Python, so the fields that bound time are named in `__init__`."""

    actor = forms.CharField(max_length=120, required=False)
    object = forms.CharField(max_length=160, required=False)
    action = forms.ChoiceField(required=False)
    to = forms.DateTimeField(required=False)
    before = forms.IntegerField(min_value=1, max_value=2**62, required=False)

    def __init__(self, *args: Any, projects: Collection[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.projects = projects
        self.fields["from"] = forms.DateTimeField(required=False)
        self.actions = (("", "Any action"), *((name, name) for name in sorted(REGISTRY)))
        self.fields["action"] = forms.ChoiceField(required=False, choices=self.actions)

    def clean_actor(self) -> tuple[str, str] | None:
        """An e-mail or name of a member, or kind:id."""
        said: str = self.cleaned_data["actor"].strip()
        if not said:
            return None
        kind, _, id_ = said.partition(":")
        if kind in KINDS:
            return kind, id_
        members = User.objects.filter(memberships__project_id__in=self.projects)
        user = members.filter(Q(email__iexact=said) | Q(name__iexact=said)).order_by("pk").first()
        if user is None:
            raise forms.ValidationError("Give the e-mail or name of a member, or kind:id such as worker:alerts.")
        return "user", str(user.pk)

    def clean_object(self) -> tuple[str, str] | None:
        said: str = self.cleaned_data["object"].strip()
        if not said:
            return None
        type_, _, id_ = said.partition(":")
        if not type_ or not id_:
            raise forms.ValidationError("Give type:id, such as transcript:0192….")
        return type_, id_


def filter_of(form: FilterForm) -> Filter:
    """Of a valid form."""
    said = form.cleaned_data
    return Filter(said["actor"], said["object"], said["action"], said["from"], said["to"], said["before"])


def bound(query: QueryDict, projects: Collection[int]) -> FilterForm:
    """Raises Invalid for a parameter that is not one of the form's: nothing of a URL reaches a query unnamed."""
    form = FilterForm(query, projects=projects)
    if unknown := sorted(set(query) - set(form.fields)):
        raise Invalid(f"The audit page has no filter {unknown[0][:60]!r}.")
    return form
