"""The judges app."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig


class JudgesConfig(AppConfig):
    name = "oversight.judges"
    label = "judges"

    def ready(self) -> None:
        for module in ("events", "handlers"):
            if find_spec(f"{self.name}.{module}"):
                import_module(f"{self.name}.{module}")
        from oversight.dashboard import attention
        from oversight.judges.concerns import concerns

        if concerns not in attention.BESIDES:
            attention.BESIDES.append(concerns)
