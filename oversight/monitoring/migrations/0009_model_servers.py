"""What the probe of a model server found is kept for people to see."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0008_kept_answers")]

    operations = [
        migrations.CreateModel(
            "ModelServer",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.TextField()),
                ("model", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("dialect", models.CharField(blank=True, max_length=24)),
                ("logprobs", models.BooleanField()),
                ("decisions", models.BooleanField()),
                ("context", models.PositiveIntegerField(null=True)),
                ("tells_cached", models.BooleanField()),
                ("concurrency", models.PositiveIntegerField()),
                ("price", models.JSONField(blank=True, default=dict)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["address", "model"], name="monitoring_model_server_once")
                ]
            },
        )
    ]
