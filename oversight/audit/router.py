"""Migrations run as the owner role and as nobody else."""

from __future__ import annotations

from typing import Any


class OwnerMigrates:
    """Only the `owner` alias changes the schema; only the `default` alias (the app role) reads and writes rows."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
