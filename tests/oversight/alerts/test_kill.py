"""A worker that is killed between sending and recording: the message comes again under its id, and is never lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

from pytest_django import Settings

from oversight.alerts import tasks
from oversight.alerts.models import Attempt, Delivery
from oversight.audit.models import LedgerEvent
from tests.conftest import ROOT, Clock
from tests.factories import make_project
from tests.oversight.alerts.arrange import make_endpoint, queued
from tests.receiver import Receiver, answer

SENDER = "import sys, django; django.setup(); from oversight.alerts import tasks; tasks.deliver([int(sys.argv[1])])"


def _kill(processes: list[subprocess.Popen[bytes]]) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        processes[0].send_signal(signal.SIGKILL)
        processes[0].wait(20)

    return behave


def test_a_killed_sender_leaves_a_duplicate_and_never_a_loss(
    committed_db: str, settings: Settings, clock: Clock
) -> None:
    processes: list[subprocess.Popen[bytes]] = []
    with Receiver(script=[_kill(processes), answer(200)]) as receiver:
        settings.OUTBOUND_ALLOW = (receiver.place,)
        project = make_project()
        delivery = queued(project, make_endpoint(project, receiver))

        environment = {**os.environ, "OUTBOUND_ALLOW": receiver.place}
        command = [sys.executable, "-c", SENDER, str(delivery.pk)]
        processes.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        receiver.wait_for(1, timeout_s=60)
        assert processes[0].wait(20) == -signal.SIGKILL
        assert Delivery.objects.get().state == "leased"
        assert not Attempt.objects.exists()

        assert tasks.sweep() == 0, "somebody else may still hold the lease"
        clock.advance(minutes=2)  # the killed process had its own clock
        assert tasks.sweep() == 1
        tasks.deliver([delivery.pk])

    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery.message_id
    assert first.body == second.body
    assert Delivery.objects.get().state == "delivered"
    assert [attempt.number for attempt in Attempt.objects.all()] == [2]
    assert LedgerEvent.objects.filter(action="webhook.delivered").count() == 1
