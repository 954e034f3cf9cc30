"""URLs of rubrics."""

from __future__ import annotations

from django.urls import path

from oversight.rubrics import activation_views, admission_views, run_views, views

app_name = "rubrics"
urlpatterns = [
    path("", views.listing, name="list"),
    path("new", views.write, name="write"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/edit", views.edit, name="edit"),
    path("<int:pk>/versions", views.versions, name="versions"),
    path("<int:pk>/bench", views.bench, name="bench"),
    path("<int:pk>/runs", run_views.runs_of_rubric, name="runs"),
    path("<int:pk>/ask", run_views.ask, name="ask"),
    path("<int:pk>/compare", run_views.compare, name="compare"),
    path("<int:pk>/admission", admission_views.admission, name="admission"),
    path("<int:pk>/activate", activation_views.activate, name="activate"),
    path("<int:pk>/admission/label", admission_views.label, name="label"),
    path("<int:pk>/admission/draw", admission_views.draw, name="draw"),
    path("<int:pk>/admission/drop", admission_views.drop, name="drop"),
    path("<int:pk>/admission/examine", admission_views.examine, name="examine"),
    path("runs/<int:pk>/", run_views.run, name="run"),
    path("runs/<int:pk>/start", run_views.start, name="start"),
    path("runs/<int:pk>/pause", run_views.pause, name="pause"),
    path("runs/<int:pk>/cancel", run_views.cancel, name="cancel"),
    path("runs/<int:pk>/again", run_views.again, name="again"),
    path("runs/<int:pk>/results", run_views.run_results, name="results"),
    path("runs/<int:pk>/export", run_views.export, name="export"),
    path("results/<int:pk>/", run_views.result, name="result"),
    path("results/<int:pk>/show", run_views.show, name="show"),
]
