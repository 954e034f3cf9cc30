"""URLs of alerts."""

from __future__ import annotations

from django.urls import path

from oversight.alerts import views

app_name = "alerts"
urlpatterns = [
    path("", views.overview, name="list"),
    path("endpoints/new", views.new_endpoint, name="endpoint-new"),
    path("endpoints/<int:pk>/", views.edit_endpoint, name="endpoint"),
    path("endpoints/<int:pk>/secret", views.new_secret, name="endpoint-secret"),
    path("endpoints/<int:pk>/state", views.set_state, name="endpoint-state"),
    path("endpoints/<int:pk>/test", views.send_test, name="endpoint-test"),
    path("rules/new", views.new_rule, name="rule-new"),
    path("rules/<int:pk>/", views.edit_rule, name="rule"),
    path("rules/<int:pk>/delete", views.delete_rule, name="rule-delete"),
    path("deliveries/", views.deliveries, name="deliveries"),
    path("deliveries/<int:pk>/", views.delivery, name="delivery"),
    path("deliveries/<int:pk>/again", views.send_again, name="delivery-again"),
]
