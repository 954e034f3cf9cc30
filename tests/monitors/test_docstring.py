"""What a monitor's page says: its own words, and once for all of its kind those of its base class."""

from __future__ import annotations

import inspect

import pytest

from monitors import registry
from monitors.base import Need
from monitors.docstring import joined
from monitors.judging.monitor import RubricMonitor
from monitors.registry import Entry


class Base:
    """What a base class is.

    value = x.

    Parameters
    ----------
    a : the first.

    Notes
    -----
    What holds for all.
    """


class Own(Base):
    """What it measures.

    x is a count.

    Parameters
    ----------
    b : the second.

    Returns
    -------
    A number.

    Notes
    -----
    What holds for this.
    """


def test_each_section_is_joined_with_that_of_the_base_class() -> None:
    assert joined(Own) == (
        "What it measures.\n\nvalue = x.\n\nx is a count.\n\n"
        "Parameters\n----------\na : the first.\nb : the second.\n\n"
        "Returns\n-------\nA number.\n\n"
        "Notes\n-----\nWhat holds for this.\n\nWhat holds for all."
    )


def test_without_a_base_class_that_has_sections_a_docstring_stands_as_it_is() -> None:
    assert joined(Base) == inspect.getdoc(Base)
    assert joined(int) == inspect.getdoc(int)


@pytest.mark.parametrize(
    "entry", [one for one in registry.entries().values() if Need.JUDGE in one.needs], ids=lambda one: str(one.name)
)
def test_the_page_of_a_judge_says_everything_and_nothing_twice(entry: Entry) -> None:
    for heading in ("Parameters", "Returns", "Raises", "Notes", "References"):
        assert entry.doc.count(f"{heading}\n---") == 1
    told = [line for line in entry.doc.split("\n") if len(line) > 60]
    assert len(told) == len(set(told))
    for name in entry.parameters():
        assert f"\n{name} : " in entry.doc


def test_a_judge_of_the_catalogue_does_not_repeat_what_holds_for_all() -> None:
    for name, entry in registry.entries().items():
        if issubclass(entry.cls, RubricMonitor):
            own = inspect.cleandoc(entry.cls.__doc__ or "")
            common = [line for line in (inspect.getdoc(RubricMonitor) or "").split("\n") if len(line) > 60]
            assert not [line for line in common if line in own], name
