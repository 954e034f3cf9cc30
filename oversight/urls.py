"""Composition of URLs: five places in the top bar, the API, and health."""

from __future__ import annotations

from django.urls import include, path

from oversight.api import api
from oversight.dashboard.home import home
from oversight.dashboard.urls import traces_urlpatterns

urlpatterns = [
    path("", home, name="home"),
    path("api/v1/", api.urls),
    path("v1/", include("oversight.transcripts.otlp_urls")),
    path("", include("oversight.accounts.urls")),
    path("review/", include("oversight.review.urls")),
    path("review/", include("oversight.agreement.urls")),
    path("traces/", include((traces_urlpatterns, "transcripts"))),
    path("traces/", include("oversight.transcripts.urls")),
    path("monitors/", include("oversight.monitoring.urls")),
    path("monitors/", include("oversight.quality.urls")),
    path("monitors/judges/", include("oversight.judges.urls")),
    path("rubrics/", include("oversight.rubrics.urls")),
    path("compare/", include("oversight.compare.urls")),
    path("live/", include("oversight.live.urls")),
    path("alerts/", include("oversight.alerts.urls")),
    path("", include("oversight.dashboard.urls")),
]
