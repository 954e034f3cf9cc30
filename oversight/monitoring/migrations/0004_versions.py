"""Settings of deployments are kept as versions, which nobody can change; thresholds may differ by model."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FIRST = """
INSERT INTO monitoring_deploymentversion
    (deployment_id, number, params, threshold, model_thresholds, sample_share, basis, why, at)
SELECT id, 1, params, threshold, '{}', sample_share, '{}', 'as it stood when versions began', now()
FROM monitoring_deployment
"""
FROZEN = """
CREATE FUNCTION monitoring_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of a deployment never changes' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER monitoring_version_no_change BEFORE UPDATE OR DELETE ON monitoring_deploymentversion
    FOR EACH ROW EXECUTE FUNCTION monitoring_refuse_change();
"""
THAWED = """
DROP TRIGGER monitoring_version_no_change ON monitoring_deploymentversion;
DROP FUNCTION monitoring_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("monitoring", "0003_score_measures"),
    ]

    operations = [
        migrations.AddField("deployment", "number", models.PositiveIntegerField(default=1)),
        migrations.AddField("deployment", "model_thresholds", models.JSONField(blank=True, default=dict)),
        migrations.CreateModel(
            name="DeploymentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("params", models.JSONField(default=dict)),
                ("threshold", models.FloatField()),
                ("model_thresholds", models.JSONField(blank=True, default=dict)),
                ("sample_share", models.FloatField()),
                ("basis", models.JSONField(blank=True, default=dict)),
                ("why", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "deployment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="monitoring.deployment",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("deployment", "number"), name="monitoring_version_once")
                ],
            },
        ),
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
        migrations.RunSQL(FROZEN, THAWED),
    ]
