"""Forms of accounts."""

from __future__ import annotations

from django import forms

from oversight.accounts.models import Theme


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
