"""The one socket, and the same feed over HTTP."""

from __future__ import annotations

from django.urls import path

from oversight.live import views
from oversight.live.consumers import LiveConsumer

app_name = "live"
urlpatterns = [path("feed", views.feed, name="feed")]
websocket_urlpatterns = [path("ws/live/", LiveConsumer.as_asgi())]
