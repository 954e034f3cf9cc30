"""Which version of a rubric is at work, if any."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rubrics", "0002_frozen_versions")]

    operations = [
        migrations.AddField(model_name="rubric", name="live_number", field=models.PositiveIntegerField(null=True))
    ]
