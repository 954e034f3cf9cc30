"""URLs of dashboard."""

from __future__ import annotations

from django.urls import path

from oversight.dashboard import views

app_name = "dashboard"
urlpatterns = [
    path("traces/<uuid:pk>/", views.trace, name="trace"),
    path("traces/<uuid:pk>/pending", views.trace_pending, name="trace-pending"),
    path("traces/<uuid:pk>/history", views.trace_history, name="trace-history"),
    path("traces/<uuid:pk>/origin", views.trace_origin, name="trace-origin"),
    path("progress", views.progress, name="progress"),
]
