"""URLs of quality, beside those of monitoring."""

from __future__ import annotations

from django.urls import path

from oversight.quality import views

app_name = "quality"
urlpatterns = [
    path("<int:pk>/quality", views.quality, name="page"),
    path("<int:pk>/quality/<int:report_id>", views.state, name="state"),
    path("<int:pk>/quality/live", views.make_live, name="live"),
]
