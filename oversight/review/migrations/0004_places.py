"""A place in lists that tells no score, the share that was flagged, and indexes for due, snoozed and assigned items."""

from django.db import migrations, models

FILL_SQL = """
UPDATE review_reviewitem SET place = priority;
UPDATE review_reviewitem i SET due_at = i.created_at + make_interval(mins => q.due_after_min)
FROM review_queue q WHERE q.id = i.queue_id AND i.state = 'open' AND i.due_at IS NULL;
"""
OPEN = models.Q(state="open")


class Migration(migrations.Migration):
    dependencies = [("review", "0003_desk")]

    operations = [
        migrations.AddField(
            "queue",
            "flagged_share",
            models.FloatField(null=True, help_text="of the newest transcripts, when it was last counted"),
        ),
        migrations.AddField("queue", "counted_at", models.DateTimeField(null=True)),
        migrations.AddField("reviewitem", "place", models.FloatField(default=0.0)),
        migrations.RunSQL(FILL_SQL, migrations.RunSQL.noop),
        migrations.RemoveIndex("reviewitem", "review_item_open_idx"),
        migrations.AddIndex(
            "reviewitem", models.Index(fields=["project", "-place", "id"], name="review_item_place_idx", condition=OPEN)
        ),
        migrations.AddIndex(
            "reviewitem", models.Index(fields=["project", "due_at"], name="review_item_due_idx", condition=OPEN)
        ),
        migrations.AddIndex(
            "reviewitem",
            models.Index(
                fields=["project", "snoozed_until"],
                name="review_item_snoozed_idx",
                condition=models.Q(state="open", snoozed_until__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "reviewitem",
            models.Index(
                fields=["queue", "created_at"],
                name="review_item_audit_idx",
                condition=models.Q(state="open", stream="audit"),
            ),
        ),
        migrations.AddIndex(
            "reviewitem",
            models.Index(
                fields=["assignee", "project"],
                name="review_item_assignee_idx",
                condition=models.Q(state="open", assignee__isnull=False),
            ),
        ),
    ]
