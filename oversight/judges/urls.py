"""URLs of judge health, beneath those of the monitors."""

from __future__ import annotations

from django.urls import path

from oversight.judges import views

app_name = "judges"
urlpatterns = [
    path("", views.health, name="health"),
    path("<int:pk>/", views.judge, name="judge"),
    path("<int:pk>/hijack", views.measure_hijack, name="measure-hijack"),
]
