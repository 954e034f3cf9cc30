"""URLs of review."""

from __future__ import annotations

from django.urls import path

from oversight.review.views import desk, queue

app_name = "review"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("changes", queue.changes, name="changes"),
    path("next", desk.claim_next, name="next"),
    path("desk/<uuid:transcript_id>", desk.desk, name="desk"),
    path("items/<int:pk>/claim", desk.claim, name="claim"),
    path("assignments/<uuid:token>/renew", desk.renew, name="renew"),
    path("assignments/<uuid:token>/release", desk.release, name="release"),
    path("assignments/<uuid:token>/verdict", desk.verdict, name="verdict"),
    path("verdicts/<int:pk>/undo", desk.undo, name="undo"),
]
