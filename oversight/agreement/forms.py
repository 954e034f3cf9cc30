"""What an adjudicator may send."""

from __future__ import annotations

from django import forms

from oversight.agreement.case import Case, Judgement
from oversight.agreement.marks import Choice
from oversight.review.content import Content, SpanContent
from oversight.review.models import Confidence, VerdictLabel

NOTE_CHARS = 4000


class DecisionForm(forms.Form):
    """Take one reader's judgement as it is, or decide by oneself over chosen stretches of theirs."""

    take = forms.ChoiceField(choices=[("A", "A"), ("B", "B"), ("own", "Own")], required=False, initial="own")
    label = forms.ChoiceField(choices=VerdictLabel.choices, required=False)
    severity = forms.TypedChoiceField(
        choices=[(n, str(n)) for n in range(1, 5)], coerce=int, required=False, empty_value=None
    )
    category = forms.CharField(max_length=40, required=False)
    confidence = forms.ChoiceField(choices=Confidence.choices, required=False)
    note = forms.CharField(max_length=NOTE_CHARS, required=False, strip=False)

    def content(self, case: Case, keys: list[str]) -> Content:
        """The decision as a verdict's content; spans are looked up in the case, never read from the request."""
        said = self.cleaned_data
        taken = next((one for one in case.lanes if one.lane == said["take"]), None)
        guidelines = case.version.number if case.version else None
        if taken:
            return _content(taken)
        return Content(
            label=said["label"],
            severity=said["severity"],
            category=said["category"],
            confidence=said["confidence"],
            note=said["note"],
            spans=tuple(_span(one) for one in case.choices if one.key in keys),
            guidelines=guidelines,
        )


def _content(judgement: Judgement) -> Content:
    verdict = judgement.verdict
    return Content(
        label=verdict.label,
        severity=verdict.severity,
        category=verdict.category,
        confidence="",
        note=verdict.note,
        spans=tuple(SpanContent(s.label, s.part, s.start, s.end, s.quote, s.note) for s in judgement.spans),
        guidelines=verdict.label_set_version.number if verdict.label_set_version else None,
    )


def _span(choice: Choice) -> SpanContent:
    note = " / ".join(choice.notes)
    return SpanContent(choice.label, choice.part, choice.start, choice.end, choice.quote, note)
