"""URLs of review."""

from __future__ import annotations

from django.urls import path

from oversight.review.views import desk, drafts, label_sets, planning, queue, rules

app_name = "review"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("changes", queue.changes, name="changes"),
    path("plan", planning.plan, name="plan"),
    path("plan/undo", planning.restore, name="restore"),
    path("views", planning.keep_view, name="keep-view"),
    path("views/<int:pk>/delete", planning.forget_view, name="forget-view"),
    path("rules/", rules.rules, name="rules"),
    path("next", desk.claim_next, name="next"),
    path("desk/<uuid:transcript_id>", desk.desk, name="desk"),
    path("items/<int:pk>/claim", desk.claim, name="claim"),
    path("assignments/<uuid:token>/renew", desk.renew, name="renew"),
    path("assignments/<uuid:token>/release", desk.release, name="release"),
    path("assignments/<uuid:token>/verdict", desk.verdict, name="verdict"),
    path("verdicts/<int:pk>/undo", desk.undo, name="undo"),
    path("verdicts/<int:pk>/reopen", desk.reopen, name="reopen"),
    path("items/<int:pk>/draft", drafts.save, name="draft"),
    path("items/<int:pk>/merge", drafts.merge, name="merge"),
    path("items/<int:pk>/discard", drafts.discard, name="discard"),
    path("label-sets/", label_sets.listing, name="label-sets"),
    path("label-sets/new", label_sets.new, name="label-set-new"),
    path("label-sets/<int:pk>/", label_sets.detail, name="label-set"),
    path("label-sets/<int:pk>/edit", label_sets.edit, name="label-set-edit"),
    path("label-sets/<int:pk>/read", label_sets.read, name="label-set-read"),
    path("label-sets/<int:pk>/choose", label_sets.choose, name="label-set-choose"),
]
