"""URLs of monitoring."""

from __future__ import annotations

from django.urls import path

from oversight.monitoring import configure_views, views

app_name = "monitoring"
urlpatterns = [
    path("", views.listing, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("installed/<str:name>/", configure_views.about, name="about"),
    path("installed/<str:name>/add", configure_views.add, name="add"),
    path("<int:pk>/settings", configure_views.configure, name="configure"),
    path("<int:pk>/versions", configure_views.versions, name="versions"),
    path("<int:pk>/promote", configure_views.promote, name="promote"),
    path("<int:pk>/backfill", configure_views.backfill, name="backfill"),
    path("<int:pk>/backfill/stop", configure_views.stop_backfill, name="backfill-stop"),
    path("<int:pk>/switch", views.switch, name="switch"),
    path("<int:pk>/retry", views.retry, name="retry"),
    path("<int:pk>/examine", views.examine, name="examine"),
]
