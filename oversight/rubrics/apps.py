"""The rubrics app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class RubricsConfig(AppConfig):
    name = "oversight.rubrics"
    label = "rubrics"

    def ready(self) -> None:
        import_module(f"{self.name}.events")
        from oversight.dashboard import trace
        from oversight.rubrics import results

        trace.BESIDE["rubric"] = results.beside
