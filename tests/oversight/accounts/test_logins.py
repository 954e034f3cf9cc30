"""The first logins, and the commands that make users and keys."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from oversight.accounts import keys, logins
from oversight.accounts.models import ApiKey, Membership, Project, Scope, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_var(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # Argon2 is slow on purpose


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_logins_are_made_once_and_work(tmp_path: Path) -> None:
    out, err = run("ensure_logins")
    kept = json.loads((tmp_path / "secrets" / "logins.json").read_text())
    run("ensure_logins")
    assert json.loads((tmp_path / "secrets" / "logins.json").read_text()) == kept
    roles = {m.user.email: m.role for m in Membership.objects.select_related("user")}
    assert roles == {
        f"{name}@oversight.local": role
        for name, role in [
            ("admin", "admin"),
            ("lead", "lead"),
            ("reviewer", "reviewer"),
            ("reviewer2", "reviewer"),
            ("auditor", "auditor"),
        ]
    }
    assert all(User.objects.get(email=u["email"]).check_password(u["password"]) for u in kept["users"].values())
    assert keys.verify(kept["ingest_key"], Scope.INGEST).project.slug == "demo"
    assert not [s for s in (kept["ingest_key"], *(u["password"] for u in kept["users"].values())) if s in out + err]


def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    run("ensure_logins")
    folder = tmp_path / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_they_are_shown_when_asked() -> None:
    out, _ = run("ensure_logins", "--show")
    assert logins.read_logins().ingest_key in out
    assert logins.read_logins().users["reviewer"].password in out


def test_a_changed_password_is_left_alone_while_the_file_stands() -> None:
    run("ensure_logins")
    user = User.objects.get(email="admin@oversight.local")
    user.set_password("one of my own choosing")
    user.save()
    run("ensure_logins")
    assert User.objects.get(pk=user.pk).check_password("one of my own choosing")


@pytest.mark.parametrize("content", [None, "", "{", '{"users": {}}'])
def test_a_lost_or_broken_file_is_replaced_and_the_new_logins_work(tmp_path: Path, content: str | None) -> None:
    run("ensure_logins")
    file = tmp_path / "secrets" / "logins.json"
    file.unlink() if content is None else file.write_text(content)
    run("ensure_logins")
    fresh = logins.read_logins()
    assert User.objects.get(email="admin@oversight.local").check_password(fresh.users["admin"].password)
    assert keys.verify(fresh.ingest_key, Scope.INGEST)
    assert ApiKey.objects.filter(revoked_at=None).count() == 1


def test_users_come_back_with_the_kept_passwords_when_the_database_is_new() -> None:
    run("ensure_logins")
    before = logins.read_logins()
    Membership.objects.all().delete()
    ApiKey.objects.all().delete()
    User.objects.all().delete()
    run("ensure_logins")
    after = logins.read_logins()
    assert after.users == before.users
    assert User.objects.get(email="lead@oversight.local").check_password(after.users["lead"].password)
    assert keys.verify(after.ingest_key, Scope.INGEST)


def test_a_key_made_by_command_works_and_is_alone_on_standard_output(project: Project) -> None:
    out, err = run("create_api_key", "--project", "alpha", "--name", "ci", "--scope", "read:meta", "--days", "3")
    assert keys.verify(out.strip(), Scope.READ_META).project == project
    assert "ovk_" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("create_api_key", "--project", "none", "--name", "x", "--scope", "ingest"),
        ("create_api_key", "--project", "alpha", "--name", "x", "--scope", "ingest", "--days", "999"),
        ("create_api_key", "--project", "alpha", "--name", "x", "--scope", "ingest", "--scope", "read:content"),
        ("create_user", "no-e-mail", "--project", "alpha", "--role", "lead"),
        ("create_user", "a@example.org", "--project", "none", "--role", "lead"),
    ],
)
def test_commands_refuse_with_a_sentence(project: Project, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"\.$"):
        run(*arguments)


def test_a_user_made_by_command_can_sign_in(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    out, _ = run("create_user", "ann@example.org", "--project", "alpha", "--role", "auditor")
    monkeypatch.setattr("sys.stdin", io.StringIO("my very own password\n"))
    silent, _ = run("create_user", "ben@example.org", "--project", "alpha", "--role", "lead", "--password-stdin")
    assert User.objects.get(email="ann@example.org").check_password(out.strip())
    assert User.objects.get(email="ben@example.org").check_password("my very own password")
    assert silent == ""
    assert Membership.objects.get(user__email="ben@example.org", project=project).role == "lead"
