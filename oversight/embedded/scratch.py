"""Run a command against throw-away services: checks that need settings must not touch anybody's ./var."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Sequence

from oversight.embedded import cluster


def run(command: Sequence[str]) -> int:
    with cluster.temporary() as services:
        environment = os.environ | {
            "DATABASE_URL": services.addresses.database_url,
            "DATABASE_OWNER_URL": services.addresses.database_owner_url,
            "REDIS_URL": services.addresses.redis_url,
            "VAR_DIR": str(services.var / "house"),
            "SECRET_KEY": secrets.token_urlsafe(64),
            "FIELD_KEY": secrets.token_urlsafe(64),
        }
        return subprocess.run(command, env=environment, check=False).returncode
