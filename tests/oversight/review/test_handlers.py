"""A flag that the ledger announces reaches the queue, once."""

from __future__ import annotations

import pytest

from oversight.accounts.models import Project
from oversight.audit.models import LedgerEvent
from oversight.audit.tasks import deliver
from oversight.review.models import ReviewItem
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_flag_queues_its_transcript(project: Project) -> None:
    item = factories.make_item(project)
    assert (item.priority, item.queue.name, item.queue.project) == (1.0, "Flagged", project)


def test_a_flag_that_is_delivered_twice_queues_once(project: Project) -> None:
    factories.make_item(project)
    deliver(list(LedgerEvent.objects.filter(action="transcript.flagged").values_list("pk", flat=True)))
    assert ReviewItem.objects.count() == 1
    assert LedgerEvent.objects.filter(action="item.queued").count() == 1


def test_a_score_below_the_threshold_queues_nothing(project: Project) -> None:
    factories.make_score(factories.make_transcript(project), 0.1)
    assert not LedgerEvent.objects.filter(action="transcript.flagged").exists()
    assert not ReviewItem.objects.exists()
