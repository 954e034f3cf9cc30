"""URLs of agreement, beside those of review."""

from __future__ import annotations

from django.urls import path

from oversight.agreement import adjudicate_views, export_views, views

app_name = "agreement"
urlpatterns = [
    path("adjudicate/", adjudicate_views.adjudicate, name="adjudicate"),
    path("adjudicate/next", adjudicate_views.claim_next, name="next"),
    path("adjudicate/<int:pk>", adjudicate_views.case, name="case"),
    path("adjudicate/<int:pk>/claim", adjudicate_views.claim, name="claim"),
    path("adjudicate/<uuid:token>/decide", adjudicate_views.decide, name="decide"),
    path("adjudicate/<uuid:token>/release", adjudicate_views.release, name="release"),
    path("adjudicate/verdicts/<int:pk>/undo", adjudicate_views.undo, name="undo"),
    path("items/<int:pk>/second", adjudicate_views.ask_second, name="ask-second"),
    path("agreement/", views.agreement, name="page"),
    path("agreement/items", views.items, name="items"),
    path("labels/export", export_views.export, name="export"),
    path("labels/export/config", export_views.config, name="config"),
]
