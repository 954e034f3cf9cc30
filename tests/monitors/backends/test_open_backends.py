"""A backend is named by one word or URL, and opening one loads nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from monitors.backends import open_backends
from monitors.backends.base import RecordedVerdicts
from monitors.base import Need, RecordedVerdict


def test_none_offers_nothing() -> None:
    assert open_backends("none") == {}


def test_recorded_verdicts_stand_in_for_a_judge() -> None:
    verdict = RecordedVerdict("rubric", "judge", 0.9)
    judge = open_backends("recorded", recorded={"t": (verdict,)})[Need.JUDGE]
    assert isinstance(judge, RecordedVerdicts)
    assert judge.recorded("t", "rubric") == verdict
    assert judge.recorded("t", "other") is None
    assert judge.recorded("u", "rubric") is None


@pytest.mark.parametrize("spec", ["", "gpt", "ftp://host", "file:///etc"])
def test_an_unknown_backend_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="no backend"):
        open_backends(spec)


def test_monitors_can_be_listed_and_backends_opened_without_torch() -> None:
    code = (
        "import sys, monitors.admission, monitors.backends, monitors.registry;"
        "monitors.registry.entries(); monitors.backends.open_backends('local');"
        "print([m for m in ('torch', 'transformers', 'httpx', 'django') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
