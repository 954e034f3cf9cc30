"""Scores keep a monitor's further statistics by name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0002_lists_by_deployment")]

    operations = [migrations.AddField("score", "measures", models.JSONField(default=dict))]
