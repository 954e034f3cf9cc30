"""The ledger's xid column and the triggers that refuse every change."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunSQL((_SQL / "append_only.sql").read_text(), (_SQL / "append_only_reverse.sql").read_text())
    ]
