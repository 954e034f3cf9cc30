"""URLs of compare."""

from __future__ import annotations

from django.urls import path

from oversight.compare import views

app_name = "compare"
urlpatterns = [
    path("", views.compare, name="page"),
    path("state", views.state, name="state"),
    path("again", views.again, name="again"),
    path("mark", views.mark, name="mark"),
    path("json", views.as_json, name="json"),
    path("with/<uuid:pk>/", views.beside, name="beside"),
]
