"""What model calls use is added up by deployment and day; the scores that are there already count."""

import django.db.models.deletion
from django.db import migrations, models

_FILL = """
INSERT INTO monitoring_dailycost
    (deployment_id, day, n_scores, calls, prompt_tokens, cached_tokens, completion_tokens, seconds, money)
SELECT deployment_id, (at AT TIME ZONE 'UTC')::date, count(*), sum((cost->>'calls')::bigint),
    sum(coalesce((cost->>'prompt_tokens')::bigint, 0)), sum(coalesce((cost->>'cached_tokens')::bigint, 0)),
    sum(coalesce((cost->>'completion_tokens')::bigint, 0)), sum(coalesce((cost->>'seconds')::float, 0)),
    sum(coalesce((cost->>'money')::float, 0))
FROM monitoring_score
WHERE (cost->>'calls')::bigint > 0
GROUP BY 1, 2
"""


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0006_surprisal_profiles")]

    operations = [
        migrations.CreateModel(
            "DailyCost",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "deployment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="daily_costs",
                        to="monitoring.deployment",
                    ),
                ),
                ("day", models.DateField()),
                ("n_scores", models.BigIntegerField(default=0)),
                ("calls", models.BigIntegerField(default=0)),
                ("prompt_tokens", models.BigIntegerField(default=0)),
                ("cached_tokens", models.BigIntegerField(default=0)),
                ("completion_tokens", models.BigIntegerField(default=0)),
                ("seconds", models.FloatField(default=0.0)),
                ("money", models.FloatField(default=0.0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["deployment", "day"], name="monitoring_daily_cost_once")
                ]
            },
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
    ]
