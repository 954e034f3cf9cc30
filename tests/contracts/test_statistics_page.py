"""docs/monitors/statistics.md names every figure that the library computes, and only those that it does."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import monitors.stats

PAGE = (Path(__file__).parents[2] / "docs/monitors/statistics.md").read_text(encoding="utf-8")
# Told on the pages of the monitors that use them, or parts of a figure that is on the page.
ELSEWHERE = {"cross_sample", "sampled_tokens", "symbol_model", "ratings", "errors"}


def public() -> dict[str, object]:
    found: dict[str, object] = {}
    for module in pkgutil.iter_modules(monitors.stats.__path__):
        loaded = importlib.import_module(f"monitors.stats.{module.name}")
        for name, value in vars(loaded).items():
            if not name.startswith("_") and getattr(value, "__module__", "") == loaded.__name__:
                found[f"{module.name}.{name}"] = value
    return found


def test_every_function_is_on_the_page() -> None:
    functions = [
        name for name, value in public().items() if inspect.isfunction(value) and name.split(".")[0] not in ELSEWHERE
    ]
    assert len(functions) > 50
    assert [name for name in functions if f"`{name}`" not in PAGE] == []


def test_every_name_on_the_page_exists() -> None:
    modules = "|".join(module.name for module in pkgutil.iter_modules(monitors.stats.__path__))
    named = set(re.findall(rf"`((?:{modules})\.[A-Za-z_]+)`", PAGE))
    assert named - set(public()) == set()


def test_every_function_says_what_it_returns() -> None:
    silent = [
        name
        for name, value in public().items()
        if inspect.isfunction(value)
        and name.split(".")[0] not in {*ELSEWHERE, "likelihood_ratio"}
        and not re.search(r"\n *(Returns|Yields)\n", value.__doc__ or "")
    ]
    assert silent == []
