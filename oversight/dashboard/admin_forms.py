"""What the members and API keys pages accept."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from django import forms

from oversight.accounts.models import Project, Role, Scope

# A key that ingests can never read, so scopes come in these sets only.
SCOPE_SETS = {
    "ingest": (Scope.INGEST,),
    "meta": (Scope.READ_META,),
    "content": (Scope.READ_META, Scope.READ_CONTENT),
    "blind": (Scope.READ_META, Scope.READ_BLIND),
}


class ProjectForm(forms.Form):
    """A form about one of the projects that the user may administer."""

    project = forms.ModelChoiceField(Project.objects.none(), empty_label=None)

    def __init__(self, *args: Any, projects: Collection[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Project]", self.fields["project"])
        field.queryset = Project.objects.filter(pk__in=projects).order_by("name")


class MemberForm(ProjectForm):
    """A new member, by e-mail."""

    email = forms.EmailField(label="E-mail")
    name = forms.CharField(max_length=80, required=False, help_text="For somebody who has no account here yet.")
    role = forms.TypedChoiceField(choices=Role.choices, coerce=Role, initial=Role.REVIEWER)


class RoleForm(forms.Form):
    """Another role; empty takes it away."""

    role = forms.TypedChoiceField(choices=[*Role.choices, ("", "")], coerce=Role, required=False, empty_value=None)


class KeyForm(ProjectForm):
    """A new API key."""

    name = forms.CharField(max_length=80, help_text="What uses it, such as: training cluster.")
    may = forms.ChoiceField(
        label="May",
        choices=[
            ("ingest", "Ingest transcripts, and read nothing"),
            ("meta", "Read states and scores"),
            ("content", "Read states, scores and transcripts"),
            ("blind", "Read states and scores, also before a blind verdict"),
        ],
    )
    days = forms.IntegerField(label="Days until it expires", min_value=1, max_value=180, initial=90)
