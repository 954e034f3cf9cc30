"""Pages that put monitors to work and change them: fields from the dataclass, help from the docstring, refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from django.test import Client

from monitors import registry
from monitors.base import Axis, Score
from monitors.transcript import Transcript
from oversight.accounts.models import Project, User
from oversight.monitoring.docstrings import parameter_help
from oversight.monitoring.forms import AddForm, SettingsForm, backend_choices
from oversight.monitoring.models import Backfill, Deployment
from oversight.monitoring.parameters import parameters_of
from tests import factories

SignIn = Callable[[User], Client]


@dataclass(frozen=True, slots=True)
class Kinds:
    """One parameter of each kind.

    Parameters
    ----------
    n, rate : how many, and how often;
        both at least 0.
    words : what to look for.

    Returns
    -------
    Score.
    """

    n: int = 3
    rate: float = 0.5
    is_strict: bool = True
    name: str = "x"
    mode: Literal["fast", "slow"] = "fast"
    words: tuple[str, ...] = ("a, b", "c")
    sizes: tuple[int, ...] = (1, 2)
    limit: float | None = None
    weights: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if self.n < 0:
            raise ValueError("n must not be negative")

    def score(self, transcript: Transcript, /) -> Score:
        return Score(0.0)


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> str:
    registry.entries()
    entry = registry.Entry(Kinds, "kinds", 1, Axis.LEGIBILITY, (), "", 0.5)
    monkeypatch.setitem(registry._TABLE, "kinds", entry)
    return "kinds"


def values(**changes: str) -> dict[str, str]:
    given = {
        **{"n": "4", "rate": "0.25", "name": "", "mode": "slow", "words": "one\r\n\r\n two ", "sizes": "7\n8"},
        **{"limit": "", "weights": '{"a": 1}', **changes},
    }
    return {
        "threshold": "0.5",
        "sample_share": "1",
        "why": "x",
        **{f"param_{key}": value for key, value in given.items()},
    }


def test_each_parameter_is_a_field_of_its_kind_with_help_and_default(kinds: str) -> None:
    assert [(p.kind, p.of) for p in parameters_of(kinds)] == [
        *(("int", "str"), ("float", "str"), ("bool", "str"), ("str", "str"), ("choice", "str")),
        *(("list", "str"), ("list", "int"), ("float", "str"), ("json", "str")),
    ]
    form = SettingsForm(monitor=kinds)
    assert form["param_n"].help_text == "How many, and how often; both at least 0. Default: 3."
    assert form["param_words"].help_text == "What to look for. Default: a, b, c. One a line."
    assert form["param_words"].value() == "a, b\nc"
    assert form["param_is_strict"].value() is True


def test_the_fields_say_what_the_monitor_is_built_from(kinds: str) -> None:
    form = SettingsForm(values(), monitor=kinds)
    assert form.is_valid(), form.errors
    assert form.settings()["params"] == {
        **{"n": 4, "rate": 0.25, "is_strict": False, "name": "", "mode": "slow"},
        **{"words": ["one", " two "], "sizes": [7, 8], "weights": {"a": 1}},
    }


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("n", "-1", "n must not be negative"),
        ("n", "", "This field is required."),
        ("rate", "often", "Enter a number."),
        ("mode", "medium", "Select a valid choice"),
        ("sizes", "1\nmany", "Each line must be a number."),
        ("weights", "{", "This is not JSON."),
    ],
)
def test_a_wrong_value_is_said_at_its_field(kinds: str, field: str, value: str, said: str) -> None:
    form = SettingsForm(values(**{field: value}), monitor=kinds)
    assert not form.is_valid()
    assert list(form.errors) == [f"param_{field}"]
    assert said in form.errors[f"param_{field}"][0]


def test_every_installed_monitors_defaults_pass_its_own_form() -> None:
    for name, entry in registry.entries().items():
        blank = AddForm(monitor=name)
        data: dict[str, Any] = {field.html_name: field.value() for field in blank if field.value() is not True}
        data |= {field.html_name: "on" for field in blank if field.value() is True}
        backend = data["backend"] or backend_choices(name)[0][0]
        form = AddForm({**data, "backend": backend, "why": "x"}, monitor=name)
        assert form.is_valid(), (name, form.errors)
        assert form.settings()["params"] == {}
        assert form.settings()["threshold"] == entry.threshold


def test_help_reads_names_in_common_and_lines_that_go_on() -> None:
    doc = "Title.\n\nParameters\n----------\na, b : one\n    two : three\nc : four\n\nReturns\n-------\nd : five"
    assert parameter_help(doc) == {"a": "one two : three", "b": "one two : three", "c": "four"}


def add(client: Client, name: str, **changes: str) -> Any:
    given = {"project": "alpha", "backend": "none", "threshold": "0.5", "sample_share": "1", "why": "try"}
    return client.post(f"/monitors/installed/{name}/add", {**given, "param_max_evidence": "40", **changes})


@pytest.mark.django_db
def test_a_lead_puts_a_monitor_to_work_and_twice_the_same_is_refused(
    project: Project, dave: User, client_of: SignIn
) -> None:
    client = client_of(dave)
    assert add(client, "byte_channels", param_max_evidence="7").status_code == 302
    deployment = Deployment.objects.get(project=project)
    assert (deployment.params, deployment.backend, deployment.number) == ({"max_evidence": 7}, "none", 1)
    answer = add(client, "byte_channels", param_max_evidence="7")
    assert answer.status_code == 422
    assert "works in this project with this backend and these parameters" in answer.content.decode()


@pytest.mark.django_db
def test_nobody_puts_a_monitor_to_work_elsewhere(
    project: Project, other_project: Project, dave: User, alice: User, client_of: SignIn
) -> None:
    assert add(client_of(dave), "byte_channels", project="beta").status_code == 404
    assert add(client_of(dave), "nothing").status_code == 404
    assert add(client_of(alice), "byte_channels").status_code == 403
    page = client_of(alice).get("/monitors/installed/byte_channels/").content.decode()
    assert "Parameters" in page
    assert "Put to work" not in page
    assert not Deployment.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["", "settings", "versions", "history", "thresholds", "backfill"])
def test_another_projects_pages_do_not_exist(
    other_project: Project, project: Project, dave: User, client_of: SignIn, path: str
) -> None:
    deployment = factories.make_deployment(other_project)
    assert client_of(dave).get(f"/monitors/{deployment.pk}/{path}").status_code == 404


@pytest.mark.django_db
def test_a_draft_is_shown_with_its_difference_and_promoted(project: Project, dave: User, client_of: SignIn) -> None:
    deployment, client = factories.make_deployment(project), client_of(dave)
    form = {"threshold": "0.5", "sample_share": "1", "param_max_evidence": "7", "why": "<b>fewer</b>", "draft": "1"}
    assert client.post(f"/monitors/{deployment.pk}/settings", form).status_code == 302
    page = client.get(f"/monitors/{deployment.pk}/versions").content.decode()
    assert "&lt;b&gt;fewer&lt;/b&gt;" in page
    assert '<ins class="foreign">7</ins>' in page
    assert client.post(f"/monitors/{deployment.pk}/promote", {"number": "2", "why": " "}).status_code == 422
    assert client.post(f"/monitors/{deployment.pk}/promote", {"number": "2", "why": "good"}).status_code == 302
    assert client.post(f"/monitors/{deployment.pk}/promote", {"number": "2", "why": "good"}).status_code == 422
    deployment.refresh_from_db()
    assert deployment.params == {"max_evidence": 7}


@pytest.mark.django_db
def test_a_version_begins_from_another_with_its_models_thresholds(
    project: Project, dave: User, client_of: SignIn
) -> None:
    from oversight.monitoring import services

    deployment, client = factories.make_deployment(project), client_of(dave)
    services.change_deployment(deployment=deployment, model_thresholds={"m": 0.2}, why="x", actor=factories.SYSTEM)
    page = client.get(f"/monitors/{deployment.pk}/settings?from=1").content.decode()
    assert "from version 1" in page
    form = {"threshold": "0.6", "sample_share": "1", "param_max_evidence": "40", "why": "x"}
    client.post(f"/monitors/{deployment.pk}/settings", form)
    deployment.refresh_from_db()
    assert (deployment.threshold, deployment.model_thresholds) == (0.6, {"m": 0.2})
    client.post(f"/monitors/{deployment.pk}/settings", {**form, "from": "1", "threshold": "0.7"})
    deployment.refresh_from_db()
    assert (deployment.threshold, deployment.model_thresholds) == (0.7, {})
    assert client.get(f"/monitors/{deployment.pk}/settings?from=99").status_code == 404


@pytest.mark.django_db
def test_turning_on_again_catches_up_when_that_is_asked(project: Project, dave: User, client_of: SignIn) -> None:
    deployment, client = factories.make_deployment(project), client_of(dave)
    factories.make_transcript(project)
    client.post(f"/monitors/{deployment.pk}/switch", {"enabled": "0", "why": "x"})
    assert "Run it on the 1 transcript that it missed" in client.get(f"/monitors/{deployment.pk}/").content.decode()
    client.post(f"/monitors/{deployment.pk}/switch", {"enabled": "1", "why": "again", "catch_up": "1"})
    assert Backfill.objects.get().why == "again"
    assert "0 of 1 looked at" in client.get(f"/monitors/{deployment.pk}/").content.decode()
    assert client.post(f"/monitors/{deployment.pk}/backfill/stop").status_code == 302
    assert Backfill.objects.filter(finished_at=None).count() == 0
