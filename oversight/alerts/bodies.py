"""What an alert says. Thin: ids, names of our own and numbers; transcript text and rationales never leave the house."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings

from oversight.alerts.models import EndpointKind

FLAGGED, SETTLED, ALARMED, TEST = "transcript.flagged", "verdict.settled", "judge.alarm", "endpoint.test"
EVENT_TYPES = {
    FLAGGED: "a transcript is flagged",
    SETTLED: "a verdict is settled",
    ALARMED: "the health of a judge raises an alarm",
}
WITHHELD = "withheld until a verdict"
MAX_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One event as receivers are told of it. What does not apply to its type is None.

    `is_blind`: somebody is still to read the transcript without a score, so neither it nor the monitor is told.
    """

    type: str
    at: datetime
    project: str
    transcript_id: str | None = None
    monitor: str | None = None
    score: float | None = None
    threshold: float | None = None
    label: str | None = None
    severity: int | None = None
    deployment_id: str | None = None
    rule: str | None = None
    is_blind: bool = False

    @property
    def url(self) -> str:
        path = f"/traces/{self.transcript_id}/" if self.transcript_id else "/alerts/"
        if self.deployment_id:
            path = f"/monitors/judges/{self.deployment_id}/"
        return settings.PUBLIC_URL + path


def body(alert: Alert, kind: str) -> bytes:
    """The exact bytes that are stored, signed and sent."""
    return orjson.dumps(_slack(alert) if kind == EndpointKind.SLACK else _standard(alert))


def _standard(alert: Alert) -> dict[str, Any]:
    if alert.is_blind:
        alert = replace(alert, monitor=None, score=None, threshold=None)
    data = {
        "id": alert.transcript_id,
        "project": alert.project,
        "monitor": alert.monitor,
        "score": alert.score,
        "threshold": alert.threshold,
        "scores_state": WITHHELD if alert.is_blind else None,
        "label": alert.label,
        "severity": alert.severity,
        "rule": alert.rule,
        "url": alert.url,
    }
    return {
        "type": alert.type,
        "timestamp": alert.at.isoformat().replace("+00:00", "Z"),
        "data": {key: value for key, value in data.items() if value is not None},
    }


def _slack(alert: Alert) -> dict[str, Any]:
    opens = {TEST: "Open Oversight", ALARMED: "Open the judge's health"}.get(alert.type, "Open the transcript")
    link = f"<{alert.url}|{opens}>"
    return {"text": f"{_sentence(alert)}\n{link}", "unfurl_links": False, "unfurl_media": False}


def _sentence(alert: Alert) -> str:
    project = slack_text(alert.project)
    if alert.type == FLAGGED and alert.is_blind:
        return f"Flagged in {project}: monitor and score are {WITHHELD}"
    if alert.type == FLAGGED:
        return (
            f"Flagged in {project}: {slack_text(alert.monitor or '')} gives {alert.score:.2f}"
            f" (threshold {alert.threshold:.2f})"
        )
    if alert.type == SETTLED:
        severity = f", severity {alert.severity}" if alert.severity else ""
        return f"Verdict in {project}: {slack_text(alert.label or '')}{severity}"
    if alert.type == ALARMED:
        return f"Alarm in {project}: {slack_text(alert.monitor or '')} ({slack_text(alert.rule or '')})"
    return f"Test message from Oversight for {project}"


def slack_text(text: str) -> str:
    """Slack's three escapes; and no `@` that a compatible chat could take for a mention."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("@", "@\u2060")
