"""A receiver that the outbound client may reach, and an endpoint that sends there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

from tests.receiver import Receiver

if TYPE_CHECKING:
    from oversight.accounts.models import Project
    from tests.oversight.alerts.arrange import Standing


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with Receiver() as running:
        settings.OUTBOUND_ALLOW = (running.place,)
        yield running


@pytest.fixture
def standing(db: None, project: Project, receiver: Receiver) -> Standing:
    """An endpoint of the project at the receiver, with its secret."""
    from tests.oversight.alerts.arrange import make_endpoint

    return make_endpoint(project, receiver)
