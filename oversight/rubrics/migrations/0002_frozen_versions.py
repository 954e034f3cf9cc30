"""A version of a rubric never changes: a result names the version whose words the judge was asked with."""

from django.db import migrations

FROZEN = """
CREATE FUNCTION rubrics_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of a rubric never changes' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER rubrics_version_no_change BEFORE UPDATE OR DELETE ON rubrics_rubricversion
    FOR EACH ROW EXECUTE FUNCTION rubrics_refuse_change();
"""
THAWED = """
DROP TRIGGER rubrics_version_no_change ON rubrics_rubricversion;
DROP FUNCTION rubrics_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("rubrics", "0001_initial")]

    operations = [migrations.RunSQL(FROZEN, THAWED)]
