"""URLs of transcripts."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "transcripts"
urlpatterns: list[URLPattern] = []
