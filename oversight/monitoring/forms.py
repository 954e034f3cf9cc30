"""What the Monitors pages accept."""

from __future__ import annotations

from django import forms

_STEP = {"step": "0.01", "min": "0", "max": "1", "inputmode": "decimal"}


class Reasoned(forms.Form):
    """A change needs a reason, which the audit trail keeps."""

    why = forms.CharField(
        label="Reason", max_length=300, help_text="Kept in the audit trail with the values before and after."
    )


class SettingsForm(Reasoned):
    """From which score on a deployment flags, and how much of what comes in it reads."""

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
    field_order = ("threshold", "sample_share", "why")


class SwitchForm(Reasoned):
    """On or off."""

    enabled = forms.TypedChoiceField(
        choices=[("1", "On"), ("0", "Off")], coerce=lambda value: value == "1", widget=forms.HiddenInput
    )


class RetryForm(forms.Form):
    """Which runs to try again: the failed ones, or those that are unscored for a reason."""

    reason = forms.CharField(required=False, max_length=24)
