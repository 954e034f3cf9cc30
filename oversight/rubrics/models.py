"""Rubrics with their versions, runs with one row a transcript, results, the admission set and what came of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from oversight.accounts.models import Project, User
from oversight.monitoring.models import QUEUES, Backend
from oversight.transcripts.models import Transcript

BACKENDS = (Backend.LOCAL, Backend.SERVER)
# Workers that one run may keep busy: the process with the weights is one, a server answers many.
PARALLEL: dict[str, int] = {Backend.LOCAL: 1, Backend.SERVER: 8}


class Rubric(models.Model):
    """A property in plain words, in one project. `number` names its newest version, `live_number` the one at work."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="rubrics", db_index=False)
    name = models.CharField(max_length=80)
    number = models.PositiveIntegerField(default=1)
    live_number = models.PositiveIntegerField(null=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="rubrics_rubric_once")]

    def __str__(self) -> str:
        return self.name


class RubricVersion(models.Model):
    """A rubric's words as somebody saved them. The database refuses to change or delete one.

    `outputs` are the fields that a judge fills besides its score, `hides` the channels that it is not shown.
    """

    rubric = models.ForeignKey(Rubric, models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    property = models.TextField()
    definition = models.TextField()
    positive = models.TextField()
    negative = models.TextField()
    lookalike = models.TextField()
    may_use = models.TextField()
    must_not_use = models.TextField()
    hides = models.JSONField(default=list)
    outputs = models.JSONField(default=list)
    prompt_sha256 = models.CharField(max_length=64)
    why = models.TextField()
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rubric", "number"], name="rubrics_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of rubric {self.rubric_id}"


class RunKind(models.TextChoices):
    """BENCH: a few chosen transcripts, now. FILTER: what a filter finds. ADMISSION: the labelled set."""

    BENCH = "bench", "Test bench"
    FILTER = "filter", "Run over a filter"
    ADMISSION = "admission", "Admission"


class RunState(models.TextChoices):
    """ESTIMATING what it will cost; READY to be confirmed; CAPPED: stopped before it went over its cap."""

    ESTIMATING = "estimating", "Estimating the cost"
    READY = "ready", "Waiting to be confirmed"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    CAPPED = "capped", "Stopped at its cap"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


ENDED = (RunState.DONE, RunState.CANCELLED)


class RubricRun(models.Model):
    """One version of a rubric, put to one backend, on its way through transcripts.

    Items are made from the newest transcript of the filter down (`below_at`, `below_id` are still to come) until
    `is_planned`. `spent_tokens` holds `lost_tokens`: those of attempts whose worker was lost, at their upper bound.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="rubric_runs", db_index=False)
    version = models.ForeignKey(RubricVersion, models.PROTECT, related_name="runs", db_index=False)
    kind = models.CharField(max_length=10, choices=RunKind.choices)
    backend = models.CharField(max_length=12, choices=Backend.choices)
    filters = models.JSONField(default=dict)
    most = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.ESTIMATING)
    note = models.TextField(default="", blank=True)
    estimate = models.JSONField(null=True)
    set_sha256 = models.CharField(max_length=64, default="", blank=True)
    n_total = models.PositiveIntegerField(null=True)
    n_planned = models.PositiveIntegerField(default=0)
    n_ended = models.PositiveIntegerField(default=0)
    n_failed = models.PositiveIntegerField(default=0)
    is_planned = models.BooleanField(default=False)
    below_at = models.DateTimeField()
    below_id = models.UUIDField()
    cap_tokens = models.BigIntegerField(null=True)
    cap_money = models.FloatField(null=True)
    spent_tokens = models.BigIntegerField(default=0)
    spent_money = models.FloatField(default=0.0)
    lost_tokens = models.BigIntegerField(default=0)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rubrics_run_capped",
                condition=Q(state__in=["estimating", "ready", "cancelled"])
                | Q(cap_tokens__isnull=False)
                | Q(cap_money__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-asked_at", "-id"], name="rubrics_run_newest_idx"),
            models.Index(fields=["version", "-id"], name="rubrics_run_of_idx"),
            models.Index(
                fields=["state"], name="rubrics_run_open_idx", condition=Q(state__in=["estimating", "running"])
            ),
        ]

    @property
    def queue(self) -> str:
        return QUEUES[self.backend]

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    def __str__(self) -> str:
        return f"run {self.pk} of version {self.version_id}"


class ItemState(models.TextChoices):
    """QUEUED; LEASED to a worker; DONE with a result; FAILED for good, with a result that says why; CANCELLED."""

    QUEUED = "queued", "Queued"
    LEASED = "leased", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNENDED = (ItemState.QUEUED, ItemState.LEASED)


class RunItemQuerySet(models.QuerySet["RunItem"]):
    """The vocabulary of item queries. Times are the database's, so that workers' clocks do not matter."""

    def due(self) -> RunItemQuerySet:
        return self.filter(state=ItemState.QUEUED, run_at__lte=Now(), run__state=RunState.RUNNING)

    def expired(self) -> RunItemQuerySet:
        return self.filter(state=ItemState.LEASED, lease_until__lt=Now())


class RunItem(models.Model):
    """One transcript of a run: the job of record. A message only says that there is something to do.

    `reserved_tokens` and `reserved_money` bound what the attempt under way may cost: they count against the cap.
    """

    run = models.ForeignKey(RubricRun, models.CASCADE, related_name="items", db_index=False)
    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="rubric_items")
    label = models.BooleanField(null=True)
    state = models.CharField(max_length=10, choices=ItemState.choices, default=ItemState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    run_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    leased_by = models.TextField(default="", blank=True)
    reserved_tokens = models.BigIntegerField(default=0)
    reserved_money = models.FloatField(default=0.0)
    error = models.TextField(default="", blank=True)

    objects = RunItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "transcript"], name="rubrics_item_once"),
            models.CheckConstraint(
                name="rubrics_item_lease",
                condition=Q(state="leased", lease_until__isnull=False)
                | (~Q(state="leased") & Q(lease_until__isnull=True, reserved_tokens=0)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["run", "state", "run_at", "id"],
                name="rubrics_item_due_idx",
                condition=Q(state__in=["queued", "leased"]),
            ),
        ]

    def __str__(self) -> str:
        return f"item {self.pk} attempt {self.attempt}"


class Result(models.Model):
    """What a judge said of one transcript. `value` is null unless the state is `scored` or `partial` (a lower bound).

    `outputs` are the rubric's own fields by name, `replies` the judge's answers word for word. `rank` is 1 + value,
    0 without one: the order of lists. `bound` is what was reserved for it, in tokens.
    """

    item = models.OneToOneField(RunItem, models.CASCADE, related_name="result")
    run = models.ForeignKey(RubricRun, models.CASCADE, related_name="results", db_index=False)
    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="rubric_results")
    attempt = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=24, default="", blank=True)
    value = models.FloatField(null=True)
    rank = models.FloatField()
    raw = models.FloatField(null=True)
    coverage = models.FloatField()
    evidence = models.JSONField(default=list)
    outputs = models.JSONField(default=dict)
    rationale = models.TextField(default="", blank=True)
    replies = models.JSONField(default=list)
    judge = models.TextField(default="", blank=True)
    judge_digest = models.CharField(max_length=64, default="", blank=True)
    prompt_sha256 = models.CharField(max_length=64, default="", blank=True)
    cost = models.JSONField(default=dict)
    tokens = models.BigIntegerField(default=0)
    money = models.FloatField(default=0.0)
    prompt_chars = models.BigIntegerField(default=0)
    bound = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rubrics_result_state",
                condition=Q(state__in=["scored", "partial"], value__isnull=False, value__gte=0, value__lte=1)
                | Q(state__in=["unscored", "skipped"], value__isnull=True, rank=0),
            ),
            models.CheckConstraint(
                name="rubrics_result_reason",
                condition=Q(state="scored", reason="") | (~Q(state="scored") & ~Q(reason="")),
            ),
        ]
        indexes = [models.Index(fields=["run", "-rank", "-id"], name="rubrics_result_rank_idx")]

    def __str__(self) -> str:
        return f"result {self.pk}: {self.state}"


class CaseLabel(models.Model):
    """A transcript of a rubric's admission set: whether the property is there, who says so, and from where."""

    rubric = models.ForeignKey(Rubric, models.CASCADE, related_name="cases", db_index=False)
    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="rubric_cases")
    label = models.BooleanField()
    source = models.TextField()
    labelled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rubric", "transcript"], name="rubrics_case_once")]

    def __str__(self) -> str:
        return f"{'1' if self.label else '0'} for {self.transcript_id}"


class RubricAdmission(models.Model):
    """What an admission run came to: for this judge, this prompt and this set alone."""

    run = models.OneToOneField(RubricRun, models.PROTECT, related_name="admission")
    version = models.ForeignKey(RubricVersion, models.PROTECT, related_name="admissions")
    judge = models.TextField()
    judge_digest = models.CharField(max_length=64)
    prompt_sha256 = models.CharField(max_length=64)
    set_sha256 = models.CharField(max_length=64)
    n_positive = models.PositiveIntegerField()
    n_negative = models.PositiveIntegerField()
    parse_rate = models.FloatField()
    auroc = models.FloatField(null=True)
    auroc_low = models.FloatField(null=True)
    auroc_high = models.FloatField(null=True)
    admitted = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"version {self.version_id} by {self.judge}: {'admitted' if self.admitted else 'not admitted'}"
