"""URLs of accounts."""

from __future__ import annotations

from django.urls import URLPattern, path

from oversight.accounts import views

app_name = "accounts"
urlpatterns: list[URLPattern] = [
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("account/theme", views.theme, name="theme"),
    path("account/keys", views.single_keys, name="single-keys"),
    path("settings/", views.preferences, name="settings"),
]
