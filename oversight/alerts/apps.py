"""The alerts app."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "oversight.alerts"
    label = "alerts"

    def ready(self) -> None:
        for module in ("events", "handlers"):
            if find_spec(f"{self.name}.{module}"):
                import_module(f"{self.name}.{module}")
