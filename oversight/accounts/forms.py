"""Forms of accounts."""

from __future__ import annotations

from django import forms

from oversight.accounts.models import READING_SIZES, Density, Face, Motion, Theme


class LoginForm(forms.Form):
    """E-mail and password."""

    email = forms.EmailField(
        label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ThemeForm(forms.Form):
    """The colour scheme."""

    theme = forms.ChoiceField(choices=Theme.choices)


class PreferencesForm(forms.Form):
    """How pages look and which keys work."""

    theme = forms.ChoiceField(choices=Theme.choices)
    density = forms.ChoiceField(choices=Density.choices)
    reading_face = forms.ChoiceField(label="Reading font", choices=Face.choices)
    reading_size = forms.TypedChoiceField(choices=[(size, f"{size} px") for size in READING_SIZES], coerce=int)
    motion = forms.ChoiceField(choices=Motion.choices)
    single_keys = forms.BooleanField(required=False, label="Single-key shortcuts")
