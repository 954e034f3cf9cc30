"""HTTP and WebSocket entry point."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
django.setup(set_prefix=False)

# Imported after Django is set up: they import models.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from oversight.audit.bell import BELL  # noqa: E402
from oversight.lib.body_limit import BodyLimit  # noqa: E402
from oversight.lib.handler import Handler  # noqa: E402
from oversight.live.urls import websocket_urlpatterns  # noqa: E402


def read_pages() -> None:
    """Routes and templates are read before anybody waits for them."""
    _ = get_resolver().url_patterns
    engine = engines["django"]
    for folder in map(Path, engine.engine.dirs):  # type: ignore[attr-defined]  # of the backend, not of the base class
        for path in folder.rglob("*.html"):
            engine.get_template(str(path.relative_to(folder)))


BELL.gather()
application = ProtocolTypeRouter(
    {
        "http": BodyLimit(Handler()),
        "websocket": OriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns)), settings.CSRF_TRUSTED_ORIGINS
        ),
    }
)
read_pages()
# What has been read stays: the collector need not look through it again.
gc.freeze()
