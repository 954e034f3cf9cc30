"""A foreign key that leads a unique constraint needs no index of its own: six fewer to write at every ingest."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("transcripts", "0002_exact_json"),
    ]

    operations = [
        migrations.AlterField(
            model_name="label",
            name="transcript",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="labels",
                to="transcripts.transcript",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="transcript",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="transcripts.transcript",
            ),
        ),
        migrations.AlterField(
            model_name="modelrun",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="model_runs",
                to="accounts.project",
            ),
        ),
        migrations.AlterField(
            model_name="rawpayload",
            name="project",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.project"),
        ),
        migrations.AlterField(
            model_name="recordedverdict",
            name="transcript",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="recorded_verdicts",
                to="transcripts.transcript",
            ),
        ),
        migrations.AlterField(
            model_name="transcript",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transcripts",
                to="accounts.project",
            ),
        ),
    ]
