from django.db import migrations

# How many flags a monitor has is no product of two shares: most monitors flag nothing. Lists of one monitor's flags
# are planned by it.
CREATE = "CREATE STATISTICS monitoring_score_flags_stat (mcv) ON monitor, flagged FROM monitoring_score"
DROP = "DROP STATISTICS monitoring_score_flags_stat"


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0010_admission_of_cases")]

    operations = [migrations.RunSQL(CREATE, DROP)]
