"""An endpoint's signing secret at rest."""

from __future__ import annotations

from oversight.alerts.models import Endpoint
from oversight.lib import crypto


def sealed(endpoint: Endpoint, secret: str) -> bytes:
    """Bound to the endpoint's row, so that it cannot be moved to another."""
    return crypto.seal(secret.encode(), owner=_owner(endpoint))


def unsealed(endpoint: Endpoint) -> str:
    """Raises cryptography.exceptions.InvalidTag when FIELD_KEY is not the one that it was sealed under."""
    return crypto.unseal(bytes(endpoint.secret_sealed), owner=_owner(endpoint)).decode()


def _owner(endpoint: Endpoint) -> str:
    return f"alerts_endpoint:{endpoint.pk}"
