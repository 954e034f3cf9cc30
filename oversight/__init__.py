"""The house: ingestion, monitoring, review, alerts and the ledger that all of them write to."""

# So that every process that rings, also web and commands, rings by our settings.
from oversight.celery import app as celery_app

__all__ = ["celery_app"]
