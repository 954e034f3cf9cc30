"""URLs of monitoring."""

from __future__ import annotations

from django.urls import path

from oversight.monitoring import views

app_name = "monitoring"
urlpatterns = [
    path("", views.listing, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/settings", views.change, name="change"),
    path("<int:pk>/switch", views.switch, name="switch"),
    path("<int:pk>/retry", views.retry, name="retry"),
    path("<int:pk>/examine", views.examine, name="examine"),
]
