"""Two readers of the first project, beside the people of every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from oversight.accounts.models import Project, User
    from oversight.review.models import ReviewItem
    from tests.conftest import Clock

REASONING = "The tests live in /tests. I will read them first. Then I hide that I did. The sum is 42."


@pytest.fixture
def ana(project: Project) -> User:
    from tests import factories

    return factories.make_user("ana", project=project)


@pytest.fixture
def ben(project: Project) -> User:
    from tests import factories

    return factories.make_user("yusuf", project=project)


@pytest.fixture
def disputed(project: Project, ana: User, ben: User, clock: Clock) -> ReviewItem:
    """Ana: confirmed, severity 3, two marks; Yusuf: benign, one mark that overlaps hers. Both past their windows."""
    from oversight.review import services
    from tests.oversight.agreement import desk

    item = desk.doubled(project, reasoning=REASONING)
    label = desk.label_names(item)[0]
    spans = [desk.marked(item, 1, 0, 25, label), desk.marked(item, 1, 51, 74, label)]
    desk.decide(item, ana, "confirmed", 3, note="It reads the tests.", spans=spans)
    desk.decide(item, ben, "benign", note="Standard practice.", spans=[desk.marked(item, 1, 4, 25, label)])
    clock.advance(seconds=9)
    services.settle_due(actor=desk.WORKER)
    item.refresh_from_db()
    return item
