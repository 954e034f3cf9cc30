"""The compare app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class CompareConfig(AppConfig):
    name = "oversight.compare"
    label = "compare"

    def ready(self) -> None:
        import_module(f"{self.name}.events")
