"""The ledger's staging table, its details, and the receipts of those who were told."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class LedgerEvent(models.Model):
    """One event. Append-only: column grants and triggers (sql/append_only.sql) refuse every change.

    The table has one more column, `xid` (xid8, the writing transaction), which the application can neither name nor
    set; cursors use (xid, id), because ids alone are not in commit order.
    """

    uuid = models.UUIDField(unique=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.TextField()
    on_behalf_of = models.TextField(default="", blank=True)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=40)
    object_id = models.TextField()
    project_id = models.BigIntegerField(null=True)
    subjects = ArrayField(models.TextField(), default=list)
    outcome = models.CharField(max_length=8, default="ok")
    request_id = models.UUIDField()
    session_hash = models.BinaryField(null=True)
    ip = models.GenericIPAddressField(null=True)
    detail_commit = models.BinaryField()
    canon = models.BinaryField()

    class Meta:
        db_table = "audit_event"
        constraints = [
            models.CheckConstraint(
                name="audit_event_actor_kind",
                condition=models.Q(actor_kind__in=["user", "apikey", "worker", "system", "anonymous"]),
            ),
            models.CheckConstraint(
                name="audit_event_outcome", condition=models.Q(outcome__in=["ok", "denied", "error"])
            ),
        ]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_event_object_idx"),
            models.Index(fields=["project_id", "-id"], name="audit_event_project_idx"),
            models.Index(fields=["action", "-id"], name="audit_event_action_idx"),
            models.Index(fields=["actor_kind", "actor_id", "-id"], name="audit_event_actor_idx"),
            models.Index(fields=["at"], name="audit_event_at_idx"),
            GinIndex(fields=["subjects"], name="audit_event_subjects_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type}:{self.object_id}"


class LedgerDetail(models.Model):
    """What an event says beyond its header; erasable without breaking the ledger, which holds only a commitment."""

    event = models.OneToOneField(LedgerEvent, models.PROTECT, primary_key=True, related_name="detail_row")
    salt = models.BinaryField(null=True)
    detail = models.JSONField(null=True)
    erased_at = models.DateTimeField(null=True)
    erase_event = models.UUIDField(null=True)

    class Meta:
        db_table = "audit_event_detail"

    def __str__(self) -> str:
        return f"detail of {self.event_id}"


class Receipt(models.Model):
    """That a durable handler has dealt with an event, or how often it has failed."""

    event = models.ForeignKey(LedgerEvent, models.PROTECT, related_name="receipts")
    handler = models.CharField(max_length=80)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    error = models.TextField(default="", blank=True)

    class Meta:
        db_table = "audit_receipt"
        constraints = [models.UniqueConstraint(fields=["event", "handler"], name="audit_receipt_once")]
        indexes = [
            models.Index(fields=["next_at"], name="audit_receipt_pending_idx", condition=models.Q(done_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.handler} of {self.event_id}"


class Subscription(models.Model):
    """How far the sweep has seen every event of a handler dealt with: a cursor (xid, id) into the ledger."""

    handler = models.CharField(max_length=80, primary_key=True)
    xid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    swept_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audit_subscription"

    def __str__(self) -> str:
        return self.handler
