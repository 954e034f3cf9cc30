"""Projects, users, memberships."""

from __future__ import annotations

import pytest

from oversight.accounts import services
from oversight.accounts.models import Membership, Project, Role, Theme, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.lib.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("tests")
PASSWORD = "correct horse battery staple"


def detail(action: str) -> object:
    return LedgerEvent.objects.filter(action=action).latest("pk").detail_row.detail


def test_a_project_is_made_once() -> None:
    project = services.create_project(slug="p", name="P", actor=ACTOR)
    assert detail("project.created") == {"slug": "p"}
    assert LedgerEvent.objects.get(action="project.created").project_id == project.pk
    with pytest.raises(Conflict):
        services.create_project(slug="p", name="Other", actor=ACTOR)


def test_an_e_mail_belongs_to_one_user_in_any_case() -> None:
    services.create_user(email="Ann@Example.org", name="Ann", password=PASSWORD, actor=ACTOR)
    with pytest.raises(Conflict):
        services.create_user(email="ann@example.ORG", name="Ann", password=PASSWORD, actor=ACTOR)


@pytest.mark.parametrize("password", ["short", "password1234", "ann@example.org"])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        services.create_user(email="ann@example.org", name="Ann", password=password, actor=ACTOR)
    assert not User.objects.exists()


def test_a_role_is_given_changed_and_taken_with_before_and_after(project: Project, alice: User, carol: User) -> None:
    services.set_membership(user=alice, project=project, role=Role.LEAD, actor=Actor.of(carol))
    assert detail("membership.changed") == {"before": "reviewer", "after": "lead"}
    services.set_membership(user=alice, project=project, role=None, actor=Actor.of(carol))
    assert detail("membership.changed") == {"before": "lead", "after": None}
    assert not Membership.objects.filter(user=alice).exists()


def test_the_same_role_again_is_no_event(project: Project, alice: User) -> None:
    services.set_membership(user=alice, project=project, role=Role.REVIEWER, actor=ACTOR)
    assert not LedgerEvent.objects.filter(action="membership.changed").exists()


@pytest.mark.parametrize("role", [Role.REVIEWER, None])
def test_the_last_admin_stays(project: Project, carol: User, role: Role | None) -> None:
    with pytest.raises(Conflict):
        services.set_membership(user=carol, project=project, role=role, actor=Actor.of(carol))
    assert Membership.objects.get(user=carol).role == Role.ADMIN


def test_a_theme_is_chosen(alice: User) -> None:
    services.choose_theme(user=alice, theme=Theme.DARK, actor=Actor.of(alice))
    alice.refresh_from_db()
    assert alice.theme == Theme.DARK
