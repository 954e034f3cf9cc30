"""Plain functions that arrange what a test starts from, through the services that the product itself uses."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from monitors.base import Evidence, Score
from oversight.accounts.models import Membership, Project, User
from oversight.audit.actors import Actor
from oversight.transcripts.models import Transcript
from tests.factories_native import native

__all__ = ["native"]
SYSTEM = Actor.system("tests")


def make_project(slug: str = "alpha") -> Project:
    return Project.objects.create(slug=slug, name=slug.title())


def make_user(name: str, *, project: Project | None = None, role: str = "reviewer") -> User:
    """Without a password: tests sign in by `client_of`."""
    user = User.objects.create_user(f"{name}@example.org", name=name.title())
    if project:
        Membership.objects.create(user=user, project=project, role=role)
    return user


def make_transcript(project: Project, payload: dict[str, Any] | None = None, **fields: Any) -> Transcript:
    """Ingested through the service; without a payload `fields` are those of `native`."""
    from monitors.formats.detect import parse
    from oversight.transcripts import services

    raw = json.dumps(payload if payload is not None else native(**fields)).encode()
    incoming = services.Incoming(raw=raw, parsed=parse(raw))
    [result] = services.ingest(project=project, payloads=[incoming], door="tests", actor=SYSTEM)
    return Transcript.objects.get(pk=UUID(str(result.transcript_id)))


def make_deployment(project: Project, monitor: str = "byte_channels", **fields: Any) -> Any:
    """A deployment with the monitor's default threshold unless told otherwise."""
    from oversight.monitoring import services

    return services.create_deployment(project=project, monitor=monitor, actor=SYSTEM, **fields)


def make_score(
    transcript: Transcript, value: float | None = 1.0, *, deployment: Any = None, score: Score | None = None
) -> Any:
    """A finished monitor run with its score; flagged when the value reaches the deployment's threshold."""
    from oversight.monitoring import services
    from oversight.monitoring.models import Score as ScoreRow

    known = transcript.project.deployments.filter(monitor="byte_channels").first()
    deployment = deployment or known or make_deployment(transcript.project)
    services.schedule(transcript_ids=[transcript.pk], actor=SYSTEM)
    run = transcript.monitor_runs.get(deployment=deployment)
    [claimed] = services.claim_runs(run_ids=[run.pk], worker="tests")
    services.finish(run=claimed, score=score or Score(value, _evidence(transcript)))
    return ScoreRow.objects.get(run_id=run.pk)


def _evidence(transcript: Transcript) -> tuple[Evidence, ...]:
    message = transcript.messages.order_by("seq").last()
    text = message.texts[0] if message else ""
    return (Evidence(1, 0, min(5, len(text)), text[:5], "the beginning"),)


def make_item(project: Project, **fields: Any) -> Any:
    """A flagged transcript in its project's queue."""
    from oversight.audit.models import LedgerEvent
    from oversight.audit.tasks import deliver

    transcript = make_transcript(project, **fields)
    make_score(transcript)
    deliver(
        [event.pk for event in LedgerEvent.objects.filter(action="transcript.flagged", object_id=str(transcript.pk))]
    )
    return transcript.review_items.get()
