"""The HTTP API: one router per app, problem+json errors, OpenAPI at /api/v1/docs."""

from __future__ import annotations

from ninja import NinjaAPI

api = NinjaAPI(title="Oversight", version="1", urls_namespace="api")
