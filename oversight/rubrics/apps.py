"""The rubrics app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class RubricsConfig(AppConfig):
    name = "oversight.rubrics"
    label = "rubrics"

    def ready(self) -> None:
        import_module(f"{self.name}.events")
        from monitors import registry
        from oversight.dashboard import trace
        from oversight.monitoring import examination
        from oversight.rubrics import at_work, results

        trace.BESIDE["rubric"] = results.beside
        registry.find_also(at_work.find)
        examination.ELSEWHERE[at_work.PREFIX] = examination.Elsewhere(at_work.gate, at_work.url)
