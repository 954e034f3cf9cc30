"""Deployments, monitor runs, scores and judge admissions."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from monitors import registry
from oversight.accounts.models import Project, User
from oversight.transcripts.models import Transcript


class Backend(models.TextChoices):
    """Where a deployment's model comes from. `server` is the OpenAI-compatible server of the settings."""

    NONE = "none", "No model"
    LOCAL = "local", "Local model"
    SERVER = "server", "Model server"
    RECORDED = "recorded", "Recorded verdicts"


# Queues follow the backend: `model` is the one process that holds local weights, `judge` calls over HTTP.
QUEUES: dict[str, str] = {Backend.NONE: "cpu", Backend.RECORDED: "cpu", Backend.LOCAL: "model", Backend.SERVER: "judge"}

# Run ids in one message: many where a run takes milliseconds, few where other threads could take some over.
CHUNKS = {"cpu": 50, "judge": 4, "model": 20}


class Deployment(models.Model):
    """A monitor with parameters, a backend and a threshold, at work in one project.

    `number` names the version of its settings that is live: the columns hold what that version says. `version` is that
    of the monitor's formula. `model_thresholds` go before `threshold` on transcripts of the models that they name.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="deployments")
    monitor = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    params = models.JSONField(default=dict)
    params_digest = models.CharField(max_length=64)
    backend = models.CharField(max_length=12, choices=Backend.choices, default=Backend.NONE)
    threshold = models.FloatField()
    model_thresholds = models.JSONField(default=dict, blank=True)
    stage = models.PositiveSmallIntegerField(default=0)
    sample_share = models.FloatField(default=1.0)
    enabled = models.BooleanField(default=True)
    number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "monitor", "backend", "params_digest"], name="monitoring_deployment_once"
            ),
            models.CheckConstraint(
                name="monitoring_deployment_ranges",
                condition=models.Q(threshold__gte=0, threshold__lte=1, sample_share__gte=0, sample_share__lte=1),
            ),
        ]

    @property
    def is_listed(self) -> bool:
        """Whether its monitor is one of those that every project may put to work."""
        return self.monitor in registry.entries()

    def __str__(self) -> str:
        return f"{self.monitor} ({self.backend})"


class DeploymentVersion(models.Model):
    """Settings of a deployment as somebody saved them. The database refuses to change or delete one.

    `basis` is what its thresholds rest on, when they were set from clean transcripts.
    """

    deployment = models.ForeignKey(Deployment, models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    params = models.JSONField(default=dict)
    threshold = models.FloatField()
    model_thresholds = models.JSONField(default=dict, blank=True)
    sample_share = models.FloatField()
    basis = models.JSONField(default=dict, blank=True)
    why = models.TextField()
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deployment", "number"], name="monitoring_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of {self.deployment_id}"


class BackfillScope(models.TextChoices):
    """MISSED: what has no run, or one that was cancelled. OLDER: also what has a score by other parameters."""

    MISSED = "missed", "Transcripts without a result"
    OLDER = "older", "Also those measured by other parameters"


class Backfill(models.Model):
    """A deployment on its way through transcripts that are there already, from the newest down to the oldest wanted.

    Those received before (`below_at`, `below_id`) are still to come; `n_seen` of `n_total` have been looked at.
    """

    deployment = models.ForeignKey(Deployment, models.PROTECT, related_name="backfills")
    scope = models.CharField(max_length=8, choices=BackfillScope.choices)
    n_total = models.PositiveIntegerField()
    n_seen = models.PositiveIntegerField(default=0)
    n_runs = models.PositiveIntegerField(default=0)
    below_at = models.DateTimeField()
    below_id = models.UUIDField()
    why = models.TextField()
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deployment"],
                name="monitoring_backfill_one_at_a_time",
                condition=models.Q(finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"backfill of deployment {self.deployment_id}"


class RunState(models.TextChoices):
    """WAITING for an earlier stage; QUEUED; LEASED to a worker; DONE with a score; FAILED for good; CANCELLED."""

    WAITING = "waiting", "Waiting for an earlier stage"
    QUEUED = "queued", "Queued"
    LEASED = "leased", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNENDED = (RunState.WAITING, RunState.QUEUED, RunState.LEASED)


class MonitorRunQuerySet(models.QuerySet["MonitorRun"]):
    """The vocabulary of run queries. Times are the database's, so that workers' clocks do not matter."""

    def unended(self) -> MonitorRunQuerySet:
        return self.filter(state__in=UNENDED)

    def due(self) -> MonitorRunQuerySet:
        return self.filter(state=RunState.QUEUED, run_at__lte=Now())

    def expired(self) -> MonitorRunQuerySet:
        return self.filter(state=RunState.LEASED, lease_until__lt=Now())

    def released(self) -> MonitorRunQuerySet:
        """Those that wait although all runs of earlier stages have ended."""
        earlier = MonitorRun.objects.filter(
            transcript=OuterRef("transcript"), stage__lt=OuterRef("stage"), state__in=UNENDED
        )
        return self.filter(~Exists(earlier), state=RunState.WAITING)

    def newest(self) -> MonitorRunQuerySet:
        """Without those that were run again."""
        # That it is more than 1 follows, and names the small index of those that were run again.
        newer = MonitorRun.objects.filter(
            Q(run_no__gt=1),
            transcript=OuterRef("transcript"),
            deployment=OuterRef("deployment"),
            run_no__gt=OuterRef("run_no"),
        )
        return self.filter(~Exists(newer))

    def retryable(self) -> MonitorRunQuerySet:
        """Those that failed or could not be scored, and are not being run again."""
        return self.newest().filter(Q(state=RunState.FAILED) | Q(state=RunState.DONE, score__state="unscored"))


class MonitorRun(models.Model):
    """One monitor on one transcript: the job of record. Celery only rings; this row decides what counts."""

    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="monitor_runs", db_index=False)
    deployment = models.ForeignKey(Deployment, models.PROTECT, related_name="runs", db_index=False)
    run_no = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    stage = models.PositiveSmallIntegerField(default=0)
    queue = models.CharField(max_length=8)
    attempt = models.PositiveSmallIntegerField(default=0)
    run_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    leased_by = models.TextField(default="", blank=True)
    error = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = MonitorRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transcript", "deployment", "run_no"], name="monitoring_run_once"),
            models.CheckConstraint(
                name="monitoring_run_lease",
                condition=models.Q(state="leased", lease_until__isnull=False)
                | (~models.Q(state="leased") & models.Q(lease_until__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "stage", "run_at", "id"],
                name="monitoring_run_due_idx",
                condition=models.Q(state__in=["queued", "leased"]),
            ),
            models.Index(fields=["transcript"], name="monitoring_run_waiting_idx", condition=models.Q(state="waiting")),
            models.Index(
                fields=["deployment", "queue", "state", "run_at"],
                name="monitoring_run_open_idx",
                condition=~models.Q(state="done"),
            ),
            models.Index(
                fields=["deployment", "queue"], name="monitoring_run_done_idx", condition=models.Q(state="done")
            ),
            models.Index(
                fields=["transcript", "deployment", "run_no"],
                name="monitoring_run_again_idx",
                condition=models.Q(run_no__gt=1),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} attempt {self.attempt}"


class Score(models.Model):
    """What a monitor run found. `value` is null unless the state is `scored`, or `partial` (a lower bound)."""

    run = models.OneToOneField(MonitorRun, models.CASCADE, related_name="score")
    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="scores", db_index=False)
    deployment = models.ForeignKey(Deployment, models.PROTECT, related_name="scores", db_index=False)
    attempt = models.PositiveSmallIntegerField()
    monitor = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    params_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=24, default="", blank=True)
    value = models.FloatField(null=True)
    raw = models.FloatField(null=True)
    unit = models.TextField(default="", blank=True)
    coverage = models.FloatField()
    threshold = models.FloatField()
    flagged = models.BooleanField(default=False)
    evidence = models.JSONField(default=list)
    channels = models.JSONField(default=dict)
    measures = models.JSONField(default=dict)
    rationale = models.TextField(default="", blank=True)
    judge = models.TextField(default="", blank=True)
    prompt_sha256 = models.CharField(max_length=64, default="", blank=True)
    cost = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="monitoring_score_state",
                condition=models.Q(state__in=["scored", "partial"], value__isnull=False, value__gte=0, value__lte=1)
                | models.Q(state__in=["unscored", "skipped"], value__isnull=True, flagged=False),
            ),
            models.CheckConstraint(
                name="monitoring_score_reason",
                condition=models.Q(state="scored", reason="") | (~models.Q(state="scored") & ~models.Q(reason="")),
            ),
        ]
        indexes = [
            models.Index(fields=["transcript", "deployment"], name="monitoring_score_of_idx"),
            models.Index(fields=["deployment", "-at", "-id"], name="monitoring_score_at_idx"),
            models.Index(
                fields=["deployment", "-at", "-id"],
                name="monitoring_score_flagged_idx",
                condition=models.Q(flagged=True),
            ),
            models.Index(
                fields=["transcript", "monitor"], name="monitoring_score_flags_idx", condition=models.Q(flagged=True)
            ),
            models.Index(
                fields=["deployment", "state", "-at", "-id"],
                name="monitoring_score_state_idx",
                condition=~models.Q(state="scored"),
            ),
            models.Index(
                fields=["deployment", "state", "reason", "-at", "-id"],
                name="monitoring_score_reason_idx",
                condition=~models.Q(state="scored"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.monitor} {self.state}"


class SurprisalProfile(models.Model):
    """The surprise of each token that a score rests on: see `monitors.surprisal`. Read by the trace page alone."""

    score = models.OneToOneField(Score, models.CASCADE, primary_key=True, related_name="surprisal")
    n_tokens = models.PositiveIntegerField()
    packed = models.BinaryField()

    def __str__(self) -> str:
        return f"surprisal of score {self.score_id}"


class Admission(models.Model):
    """The result of a rubric's fixed cases on one judge: it may flag only with `admitted`, on these very cases."""

    monitor = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    judge = models.TextField()
    judge_digest = models.CharField(max_length=64)
    prompt_sha256 = models.CharField(max_length=64)
    cases_sha256 = models.CharField(max_length=64, default="", blank=True)
    n_positive = models.PositiveSmallIntegerField()
    n_negative = models.PositiveSmallIntegerField()
    parse_rate = models.FloatField()
    auroc = models.FloatField(null=True)
    auroc_low = models.FloatField(null=True)
    auroc_high = models.FloatField(null=True)
    admitted = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["judge_digest", "prompt_sha256", "cases_sha256"], name="monitoring_admission_of_cases_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.monitor} by {self.judge}: {'admitted' if self.admitted else 'not admitted'}"


class DailyCost(models.Model):
    """What the model calls of a deployment have used on one day (UTC), added up as its scores are stored."""

    deployment = models.ForeignKey(Deployment, models.PROTECT, related_name="daily_costs", db_index=False)
    day = models.DateField()
    n_scores = models.BigIntegerField(default=0)
    calls = models.BigIntegerField(default=0)
    prompt_tokens = models.BigIntegerField(default=0)
    cached_tokens = models.BigIntegerField(default=0)
    completion_tokens = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    money = models.FloatField(default=0.0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deployment", "day"], name="monitoring_daily_cost_once")]

    def __str__(self) -> str:
        return f"deployment {self.deployment_id} on {self.day}"


class KeptAnswer(models.Model):
    """A judge's answer under what was asked of whom: see `monitors.backends.kept_answers`. Old ones are removed."""

    key = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()
    score_expectation = models.FloatField(null=True)
    score_deviation = models.FloatField(null=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class ModelServer(models.Model):
    """What a worker found when it probed the model server of the settings."""

    address = models.TextField()
    model = models.TextField()
    digest = models.CharField(max_length=64)
    dialect = models.CharField(max_length=24, blank=True)
    logprobs = models.BooleanField()
    decisions = models.BooleanField()
    context = models.PositiveIntegerField(null=True)
    tells_cached = models.BooleanField()
    concurrency = models.PositiveIntegerField()
    price = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["address", "model"], name="monitoring_model_server_once")]

    def __str__(self) -> str:
        return self.model
