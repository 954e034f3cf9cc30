"""What the verdict form and the label set form send."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from oversight.lib.errors import Invalid
from oversight.review.default_labels import Label

UNREADABLE = "The form cannot be read. Load the page again; your draft is kept."
SPARE_ROWS = 3


def entered(post: QueryDict) -> dict[str, Any]:
    """What was entered, as a draft: `content` from the module, the fields from a browser without it. Raises Invalid."""
    if "content" in post:
        return object_of(post.get("content", ""))
    fields = {name: post.get(name, "") for name in ("label", "severity", "category", "confidence")}
    return {**fields, "note": _lines(post.get("note", "")), "spans": _spans(post)}


def _spans(post: QueryDict) -> list[dict[str, Any]]:
    """The rows of the list, without the one whose delete button was pressed."""
    rows = zip(post.getlist("span"), post.getlist("span_label"), post.getlist("span_note"), strict=False)
    spans = [{**object_of(span), "label": label, "note": _lines(note)} for span, label, note in rows]
    drop = number(post, "drop")
    return [span for index, span in enumerate(spans) if index != drop]


def object_of(text: str) -> dict[str, Any]:
    """A JSON object of a form's field. Raises Invalid for all else, and for what is nested too deep to read."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(UNREADABLE) from error
    if not isinstance(found, Mapping):
        raise Invalid(UNREADABLE)
    return dict(found)


def _lines(text: str) -> str:
    """Forms send every line end as two characters."""
    return text.replace("\r\n", "\n")


def number(post: QueryDict, name: str) -> int | None:
    """A whole number; None when it is not said, or cannot be read."""
    text = post.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def share(post: QueryDict, name: str) -> float | None:
    """A finite number; None when it is not said, or cannot be read."""
    try:
        found = float(post.get(name, ""))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


class LabelSetForm(forms.Form):
    """A version of a label set: rows of labels stand beside these fields."""

    name = forms.CharField(max_length=80, label="Name", help_text="What reviewers and exports call it.")
    categories = forms.CharField(
        label="Categories of a verdict",
        help_text="One in a line, 30 at most. A reviewer may choose one for what is suspicious or confirmed.",
        widget=forms.Textarea(attrs={"rows": 8}),
        required=False,
    )
    guidelines = forms.CharField(
        label="Guidelines",
        help_text="Plain text. It opens beside the trace with the key i.",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 16}),
        required=False,
    )
    why = forms.CharField(
        max_length=300,
        label="Reason",
        help_text="Reviewers read it where it says that the guidelines have changed since they last read them.",
    )

    def category_list(self) -> list[str]:
        lines = (line.strip() for line in self.cleaned_data["categories"].splitlines())
        return [line for line in lines if line]

    def clean_categories(self) -> str:
        text = str(self.cleaned_data["categories"])
        if any(len(line.strip()) > 40 for line in text.splitlines()):
            raise forms.ValidationError("A category has 40 characters at most.")
        return text


def labels_of(post: QueryDict) -> list[Label]:
    """The rows of labels that have a name. Raises Invalid for what is too long."""
    rows = zip(post.getlist("label_name"), post.getlist("label_key"), post.getlist("label_description"), strict=False)
    labels: list[Label] = [
        {"name": name.strip(), "key": key.strip(), "description": description.strip()}
        for name, key, description in rows
        if name.strip()
    ]
    if any(len(one["name"]) > 40 or len(one["description"]) > 300 for one in labels):
        raise Invalid("A label has 40 characters at most, its description 300.")
    return labels
