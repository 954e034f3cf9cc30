"""The Celery application: queues, schedules. Messages carry ids; PostgreSQL decides what counts."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
# The checks load every page and the API, half of a worker's start; web servers and migrations make them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("oversight")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "audit.sweep": {"task": "audit.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "monitoring.sweep": {"task": "monitoring.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "rubrics.sweep": {"task": "rubrics.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "judges.sweep": {"task": "judges.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "judges.watch": {"task": "judges.watch", "schedule": 60.0, "options": {"expires": 60}},
    "monitoring.forget": {"task": "monitoring.forget", "schedule": 600.0, "options": {"expires": 600}},
    "review.settle": {"task": "review.settle", "schedule": 2.0, "options": {"expires": 2}},
    "review.expire": {"task": "review.expire", "schedule": 10.0, "options": {"expires": 10}},
    "transcripts.sweep": {"task": "transcripts.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "transcripts.months": {"task": "transcripts.months", "schedule": 3600.0, "options": {"expires": 3600}},
    "alerts.sweep": {"task": "alerts.sweep", "schedule": 5.0, "options": {"expires": 5}},
}


@setup_logging.connect
def _keep_django_logging(**_: object) -> None:
    """Celery must not replace the logging of `settings.LOGGING`."""
