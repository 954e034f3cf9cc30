"""URLs of review."""

from __future__ import annotations

from django.urls import path

from oversight.review import views

app_name = "review"
urlpatterns = [
    path("", views.queue, name="queue"),
    path("changes", views.changes, name="changes"),
    path("next", views.claim_next, name="next"),
    path("desk/<uuid:transcript_id>", views.desk, name="desk"),
    path("items/<int:pk>/claim", views.claim, name="claim"),
    path("assignments/<uuid:token>/renew", views.renew, name="renew"),
    path("assignments/<uuid:token>/release", views.release, name="release"),
    path("assignments/<uuid:token>/verdict", views.verdict, name="verdict"),
    path("verdicts/<int:pk>/undo", views.undo, name="undo"),
]
