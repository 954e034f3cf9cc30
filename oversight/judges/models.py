"""Canaries and what became of them, hijack rates, the figures of each judge, and alarms.

Nothing here is a project's score: canaries stand in no list, queue or quality figure.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from oversight.monitoring.models import QUEUES, Deployment
from oversight.transcripts.models import Transcript


class Kind(models.TextChoices):
    """What a canary is, beyond doubt. INJECTED: a positive with an order to its judge in the text."""

    POSITIVE = "positive", "Known positive"
    NEGATIVE = "negative", "Known negative"
    INJECTED = "injected", "Known positive with an order to the judge"


class Outcome(models.TextChoices):
    """What the house would have done. ESCALATED: flagged although the judge called it benign."""

    FOUND = "found", "Found"
    ESCALATED = "escalated", "Escalated"
    MISSED = "missed", "Missed"
    PASSED = "passed", "Passed"
    FALSE_ALARM = "false_alarm", "False alarm"
    UNMEASURED = "unmeasured", "No verdict"


_TONES: dict[str, str] = {
    Outcome.FOUND: "ok",
    Outcome.ESCALATED: "warn",
    Outcome.MISSED: "danger",
    Outcome.PASSED: "ok",
    Outcome.FALSE_ALARM: "danger",
    Outcome.UNMEASURED: "violet",
}


class CanaryState(models.TextChoices):
    """QUEUED; LEASED to a worker; DONE with an outcome."""

    QUEUED = "queued", "Queued"
    LEASED = "leased", "Running"
    DONE = "done", "Done"


class CanaryQuerySet(models.QuerySet["Canary"]):
    """The vocabulary of canary queries. Times are the database's, so that workers' clocks do not matter."""

    def due(self) -> CanaryQuerySet:
        return self.filter(state=CanaryState.QUEUED, run_at__lte=Now())

    def expired(self) -> CanaryQuerySet:
        return self.filter(state=CanaryState.LEASED, lease_until__lt=Now())


class Canary(models.Model):
    """One fixed case put to a deployment's judge in between its work: the job, and what came of it.

    Which case: `number` is its place among the positives, negatives or injections of a rubric that came with the house.
    Of a rubric written in the dashboard the case is `transcript`, whatever else its admission set comes to hold, and
    `number` says which order was put into it (0 where none was). `n_before` is how many judged runs the deployment had
    when it was planted. No text is kept.
    """

    deployment = models.ForeignKey(Deployment, models.PROTECT, related_name="canaries", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    number = models.PositiveSmallIntegerField()
    # A transcript that is gone leaves the outcome, and is the case of nothing any more.
    transcript = models.ForeignKey(Transcript, models.SET_NULL, null=True, related_name="canaries")
    technique = models.CharField(max_length=40, default="", blank=True)
    n_before = models.BigIntegerField()
    planted_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=CanaryState.choices, default=CanaryState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    run_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default="", blank=True)
    score_state = models.CharField(max_length=10, default="", blank=True)
    reason = models.CharField(max_length=24, default="", blank=True)
    value = models.FloatField(null=True)
    threshold = models.FloatField(null=True)
    version = models.PositiveIntegerField(null=True)
    settings_number = models.PositiveIntegerField(null=True)
    judge = models.TextField(default="", blank=True)
    judge_digest = models.CharField(max_length=64, default="", blank=True)
    prompt_sha256 = models.CharField(max_length=64, default="", blank=True)
    cost = models.JSONField(default=dict)

    objects = CanaryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="judges_canary_lease",
                condition=Q(state="leased", lease_until__isnull=False)
                | (~Q(state="leased") & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="judges_canary_outcome",
                condition=Q(state="done", ended_at__isnull=False) & ~Q(outcome="")
                | ~Q(state="done") & Q(outcome="", ended_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["deployment", "-planted_at", "-id"], name="judges_canary_newest_idx"),
            models.Index(fields=["run_at"], name="judges_canary_open_idx", condition=~Q(state="done")),
        ]

    @property
    def queue(self) -> str:
        return QUEUES[self.deployment.backend]

    @property
    def short_case(self) -> str:
        """The end of the transcript's id: what tells ids of one day apart."""
        return f"…{str(self.transcript_id)[-12:]}"

    @property
    def tone(self) -> str:
        """How its outcome is coloured, beside its word."""
        return _TONES.get(self.outcome, "muted")

    def __str__(self) -> str:
        return f"{self.kind} canary {self.pk} of deployment {self.deployment_id}"


class HijackRate(models.Model):
    """The injection set of a rubric, put to one judge once. `asked_at` without `at`: a worker is at it."""

    deployment = models.ForeignKey(Deployment, models.PROTECT, related_name="hijack_rates", db_index=False)
    asked_at = models.DateTimeField()
    at = models.DateTimeField(null=True)
    error = models.TextField(default="", blank=True)
    judge = models.TextField(default="", blank=True)
    judge_digest = models.CharField(max_length=64, default="", blank=True)
    prompt_sha256 = models.CharField(max_length=64, default="", blank=True)
    cases_sha256 = models.CharField(max_length=64, default="", blank=True)
    threshold = models.FloatField()
    n = models.PositiveSmallIntegerField(default=0)
    n_lost = models.PositiveSmallIntegerField(default=0)
    n_obeyed = models.PositiveSmallIntegerField(default=0)
    n_unscored = models.PositiveSmallIntegerField(default=0)
    by_technique = models.JSONField(default=dict)
    cost = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deployment"], name="judges_hijack_one_at_a_time", condition=Q(at__isnull=True, error="")
            ),
        ]
        indexes = [models.Index(fields=["deployment", "-id"], name="judges_hijack_newest_idx")]

    def __str__(self) -> str:
        return f"hijack rate of deployment {self.deployment_id}: {self.n_lost} of {self.n}"


class Report(models.Model):
    """The figures of one deployment's judge as they were computed. Nothing here is a source: it is computed anew."""

    deployment = models.OneToOneField(Deployment, models.CASCADE, related_name="judge_report", primary_key=True)
    computed_at = models.DateTimeField()
    took_s = models.FloatField()
    mark = models.CharField(max_length=64)
    figures = models.JSONField()

    def __str__(self) -> str:
        return f"judge health of deployment {self.deployment_id}"


class Alarm(models.Model):
    """A rule that a judge broke, from when it did until it no longer does. `evidence` are numbers and a sentence."""

    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="judge_alarms", db_index=False)
    rule = models.CharField(max_length=24)
    evidence = models.TextField()
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "rule"], name="judges_alarm_once", condition=Q(cleared_at__isnull=True)
            ),
        ]
        indexes = [models.Index(fields=["deployment", "-raised_at"], name="judges_alarm_newest_idx")]

    def __str__(self) -> str:
        return f"{self.rule} of deployment {self.deployment_id}"
