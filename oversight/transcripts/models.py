"""Model runs, transcripts with their messages, raw payloads, and the labels that no monitor sees.

Foreign keys that lead a unique constraint carry no index of their own: it would cost every insert and serve nothing.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from oversight.accounts.models import Project
from oversight.lib import ids
from oversight.transcripts.fields import ExactJSONField


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
    """The exact bytes that arrived, compressed with zstd, once per project and content."""

    project = models.ForeignKey(Project, models.PROTECT, db_index=False)
    sha256 = models.BinaryField(max_length=32)
    size_bytes = models.PositiveIntegerField()
    body_zstd = models.BinaryField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "sha256"], name="transcripts_rawpayload_once")]

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
    model_run = models.ForeignKey(ModelRun, models.PROTECT, related_name="transcripts")
    external_id = models.TextField()
    payload = models.ForeignKey(RawPayload, models.PROTECT)
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
            models.Index(fields=["batch_id"], name="transcripts_batch_idx"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Message(models.Model):
    """One turn. `texts[i]` is the text of part i as PostgreSQL can hold it; `parts[i]` says what it is.

    parts[i] = {type, visibility?, source?, name?, call_id?, signature?, ..., steps: [start, end, start, end, ...],
    substitutions?}: see `storage` and `exact_text`. Readers use `selectors.load`, which gives the original text.
    """

    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="messages", db_index=False)
    seq = models.PositiveIntegerField()
    role = models.CharField(max_length=12)
    name = models.TextField(default="", blank=True)
    texts = ArrayField(models.TextField())
    parts = ExactJSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["transcript", "seq"], name="transcripts_message_once")]

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

    class Meta:
        constraints = [models.UniqueConstraint(fields=["transcript", "name"], name="transcripts_label_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.transcript_id}"


class Metadata(models.Model):
    """What else came with a transcript: its source, licence and the like. No monitor sees it."""

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
