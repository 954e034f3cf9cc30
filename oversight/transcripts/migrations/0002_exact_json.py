"""JSON of others moves from jsonb, which refuses some of it and changes the rest, to text."""

from django.db import migrations

import oversight.transcripts.fields

EXACT = oversight.transcripts.fields.ExactJSONField


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0001_initial")]

    operations = [
        migrations.AlterField("label", "value", EXACT(null=True)),
        migrations.AlterField("message", "parts", EXACT()),
        migrations.AlterField("metadata", "meta", EXACT(default=dict)),
        migrations.AlterField("transcript", "notes", EXACT(default=list)),
    ]
