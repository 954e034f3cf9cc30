"""An admission counts for the cases on which it was given: those of before name none, and are given anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0009_model_servers")]

    operations = [
        migrations.AddField("admission", "cases_sha256", models.CharField(blank=True, default="", max_length=64)),
        migrations.RemoveConstraint("admission", "monitoring_admission_once"),
        migrations.AddConstraint(
            "admission",
            models.UniqueConstraint(
                fields=("judge_digest", "prompt_sha256", "cases_sha256"), name="monitoring_admission_of_cases_once"
            ),
        ),
    ]
