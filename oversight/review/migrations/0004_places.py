"""A place in lists that tells no score, the share that was flagged, and indexes for due, snoozed and assigned items."""

from django.db import migrations, models

# In one statement: a row changed twice in a transaction waits for its foreign keys, and no index is made till then.
FILL_SQL = """
UPDATE review_reviewitem i SET place = i.priority, due_at = CASE WHEN i.state = 'open' AND i.due_at IS NULL
    THEN i.created_at + make_interval(mins => q.due_after_min) ELSE i.due_at END
FROM review_queue q WHERE q.id = i.queue_id
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
