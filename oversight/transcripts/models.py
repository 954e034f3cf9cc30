"""Model runs, transcripts with their messages, raw payloads, and the labels that no monitor sees.

Foreign keys that lead a unique constraint carry no index of their own: it would cost every insert and serve nothing.
"""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models

from oversight.accounts.models import Project, User
from oversight.lib import ids
from oversight.transcripts.fields import ExactJSONField
from oversight.transcripts.months import month_of


class ModelRun(models.Model):
    """What a model produced in one go: a model, its checkpoint, and a name for the batch or evaluation."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="model_runs", db_index=False)
    model = models.TextField()
    checkpoint = models.TextField(default="", blank=True)
    name = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "model", "checkpoint", "name"], name="transcripts_modelrun_once")
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.checkpoint} {self.name}".strip()


class RawPayload(models.Model):
    """The exact bytes that arrived, compressed with zstd, once per project, content and month.

    Partitioned by `month`, the first day of the month (UTC) in which its transcript was received.
    """

    pk = models.CompositePrimaryKey("project_id", "sha256", "month")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    sha256 = models.BinaryField(max_length=32)
    month = models.DateField()
    size_bytes = models.PositiveIntegerField()
    body_zstd = models.BinaryField()
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return bytes(self.sha256).hex()


class TranscriptQuerySet(models.QuerySet["Transcript"]):
    """The vocabulary of transcript queries."""

    def in_projects(self, projects: frozenset[int]) -> TranscriptQuerySet:
        return self.filter(project_id__in=projects)


class Transcript(models.Model):
    """The head of a transcript: everything a list shows, and never its text."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="transcripts", db_index=False)
    model_run = models.ForeignKey(ModelRun, models.PROTECT, related_name="transcripts", db_index=False)
    external_id = models.TextField()
    payload_sha256 = models.BinaryField(max_length=32)
    payload_bytes = models.PositiveIntegerField()
    batch_id = models.UUIDField()
    format = models.CharField(max_length=40)
    received_at = models.DateTimeField()
    visibility = models.CharField(max_length=12, default="", blank=True)
    finish_reason = models.CharField(max_length=40, default="", blank=True)
    n_steps = models.PositiveIntegerField(default=0)
    n_chars = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    reasoning_tokens = models.PositiveIntegerField(null=True)
    notes = ExactJSONField(default=list)
    planted = models.BooleanField(default=False)

    objects = TranscriptQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "external_id"], name="transcripts_external_id_once")]
        indexes = [
            models.Index(fields=["project", "-received_at", "-id"], name="transcripts_newest_idx"),
            models.Index(fields=["model_run", "-received_at", "-id"], name="transcripts_of_run_idx"),
            models.Index(fields=["project", "visibility", "-received_at", "-id"], name="transcripts_visibility_idx"),
            models.Index(fields=["batch_id"], name="transcripts_batch_idx"),
        ]

    @property
    def month(self) -> date:
        """The partition in which its bodies stand."""
        return month_of(self.received_at)

    def __str__(self) -> str:
        return str(self.id)


class Message(models.Model):
    """One turn. `texts[i]` is the text of part i as PostgreSQL can hold it; `parts[i]` says what it is.

    parts[i] = {type, visibility?, source?, name?, call_id?, signature?, ..., substitutions?}; `steps` and `logprobs`
    are packed, part after part: see `storage` and `exact_text`. Readers use `selectors.load`, which gives the original
    text. Partitioned by `month`, the first day of the month (UTC) in which the transcript was received.
    """

    pk = models.CompositePrimaryKey("transcript_id", "seq", "month")
    transcript = models.ForeignKey(
        Transcript, models.CASCADE, related_name="messages", db_index=False, db_constraint=False
    )
    seq = models.PositiveIntegerField()
    month = models.DateField()
    role = models.CharField(max_length=12)
    name = models.TextField(default="", blank=True)
    texts = ArrayField(models.TextField())
    parts = ExactJSONField()
    steps = models.BinaryField(default=b"")
    logprobs = models.BinaryField(null=True)

    def __str__(self) -> str:
        return f"{self.transcript_id} #{self.seq}"


class Label(models.Model):
    """A label that came with a transcript. No monitor sees it."""

    class Provenance(models.TextChoices):
        HUMAN = "human", "Human"
        PROGRAM = "program", "Program"
        JUDGE = "judge", "Judge"
        UNKNOWN = "unknown", "Not stated"

    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="labels", db_index=False)
    name = models.CharField(max_length=80)
    value = ExactJSONField(null=True)
    provenance = models.CharField(max_length=8, choices=Provenance.choices, default=Provenance.UNKNOWN)
    judge = models.TextField(default="", blank=True)
    prompt_sha256 = models.CharField(max_length=64, default="", db_default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["transcript", "name"], name="transcripts_label_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.transcript_id}"


class Metadata(models.Model):
    """What else came with a transcript: its source, licence and the like. Monitors see of it the sampler's settings."""

    transcript = models.OneToOneField(Transcript, models.CASCADE, primary_key=True, related_name="metadata")
    meta = ExactJSONField(default=dict)

    def __str__(self) -> str:
        return f"metadata of {self.transcript_id}"


class RecordedVerdict(models.Model):
    """A judge's verdict that came with the data: read by the `recorded` backend, never a label."""

    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="recorded_verdicts", db_index=False)
    rubric = models.CharField(max_length=80)
    judge = models.TextField()
    p_positive = models.FloatField()
    rationale = models.TextField(default="", blank=True)
    provenance = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transcript", "rubric", "judge"], name="transcripts_recorded_once"),
            models.CheckConstraint(
                name="transcripts_recorded_p", condition=models.Q(p_positive__gte=0, p_positive__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judge} on {self.transcript_id}"


class UploadState(models.TextChoices):
    """RECEIVING its chunks; RECEIVED and being looked at; PREVIEWED and waiting for a person; then imported or not."""

    RECEIVING = "receiving", "Receiving"
    RECEIVED = "received", "Received"
    PREVIEWED = "previewed", "Previewed"
    IMPORTING = "importing", "Importing"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Upload(models.Model):
    """A file that somebody sent to be imported. Its name is a stranger's text; `preview` holds some of its content."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="uploads", db_index=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    name = models.TextField()
    run = models.TextField(default="", blank=True)
    state = models.CharField(max_length=12, choices=UploadState.choices, default=UploadState.RECEIVING)
    reason = models.TextField(default="", blank=True)
    size_bytes = models.BigIntegerField()
    received_bytes = models.BigIntegerField(default=0)
    read_bytes = models.BigIntegerField(default=0)
    preview = ExactJSONField(null=True)
    n_created = models.PositiveIntegerField(default=0)
    n_existing = models.PositiveIntegerField(default=0)
    n_conflict = models.PositiveIntegerField(default=0)
    n_invalid = models.PositiveIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="transcripts_upload_newest_idx"),
            models.Index(
                fields=["changed_at"],
                name="transcripts_upload_open_idx",
                condition=models.Q(state__in=["receiving", "received", "previewed", "importing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"upload {self.pk}"

    @property
    def n_refused(self) -> int:
        return self.n_conflict + self.n_invalid

    @property
    def is_open(self) -> bool:
        """Whether it can still be discarded or stopped."""
        return self.state not in (UploadState.DONE, UploadState.FAILED, UploadState.CANCELLED)

    @property
    def is_busy(self) -> bool:
        """Whether a worker is at it, or will be."""
        return self.state in (UploadState.RECEIVED, UploadState.IMPORTING)

    @property
    def share_received(self) -> int:
        return 100 * self.received_bytes // self.size_bytes

    @property
    def share_read(self) -> int:
        return 100 * self.read_bytes // self.size_bytes


class UploadChunk(models.Model):
    """A piece of an upload's bytes, 4 MiB but for the last; gone once the upload has ended."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="chunks", db_index=False)
    seq = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "seq"], name="transcripts_chunk_once")]

    def __str__(self) -> str:
        return f"chunk {self.seq} of upload {self.upload_id}"


class RejectedState(models.TextChoices):
    """What has become of a rejected input since."""

    OPEN = "open", "Open"
    REPLAYING = "replaying", "Being replayed"
    REPLAYED = "replayed", "Replayed"
    DISMISSED = "dismissed", "Dismissed"


class RejectedInput(models.Model):
    """Input that was not stored as a transcript: its bytes (of a long one the first), why, and where it came from."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="rejected_inputs", db_index=False)
    sha256 = models.BinaryField(max_length=32)
    reason = models.CharField(max_length=500)
    place = models.CharField(max_length=300, default="", blank=True)
    code = models.PositiveSmallIntegerField()
    door = models.CharField(max_length=20)
    size_bytes = models.BigIntegerField()
    is_whole = models.BooleanField(default=True)
    body_zstd = models.BinaryField()
    kept_bytes = models.PositiveIntegerField()
    source = models.TextField(default="", blank=True)
    number = models.PositiveIntegerField(null=True)
    run = models.TextField(default="", blank=True)
    upload = models.ForeignKey(Upload, models.SET_NULL, related_name="rejected", null=True)
    n_times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RejectedState.choices, default=RejectedState.OPEN)
    replay_reason = models.CharField(max_length=500, default="", blank=True)
    transcript = models.ForeignKey(Transcript, models.SET_NULL, related_name="+", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "sha256", "reason", "size_bytes"], name="transcripts_rejected_once"
            )
        ]
        indexes = [
            models.Index(fields=["project", "-last_at", "-id"], name="transcripts_rejected_newest"),
            models.Index(
                fields=["project"],
                name="transcripts_rejected_replaying",
                condition=models.Q(state="replaying"),
            ),
        ]

    def __str__(self) -> str:
        return f"rejected input {self.id}"


class Lookalike(models.Model):
    """An external id that is not its own skeleton (capitals, other normal forms, invisible characters)."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    skeleton = models.BinaryField(max_length=16)
    transcript = models.OneToOneField(Transcript, models.CASCADE, primary_key=True, related_name="+")
    external_id = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["project", "skeleton"], name="transcripts_lookalike_idx")]

    def __str__(self) -> str:
        return f"lookalike {self.transcript_id}"
