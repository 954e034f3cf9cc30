"""What can go wrong with the embedded services, as sentences that name the next step."""

from __future__ import annotations


class ServiceFailed(RuntimeError):
    """An embedded service could not be started, attached to or stopped."""
