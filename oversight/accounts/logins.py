"""The first logins of an installation: random, made once, kept in VAR_DIR for its owner alone."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from django.conf import settings
from django.db import transaction

from oversight.accounts import keys, services
from oversight.accounts.events import PasswordSet
from oversight.accounts.models import ApiKey, Membership, Project, Role, Scope, User
from oversight.audit import services as audit
from oversight.audit.actors import Actor

PROJECT = "demo"
KEY_NAME = "First ingest key"
_ROLES = {
    "admin": Role.ADMIN,
    "lead": Role.LEAD,
    "reviewer": Role.REVIEWER,
    "reviewer2": Role.REVIEWER,
    "auditor": Role.AUDITOR,
}


@dataclass(frozen=True, slots=True)
class Login:
    """One user's e-mail and first password."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Logins:
    """By role; the second reviewer is `reviewer2`."""

    users: dict[str, Login]
    ingest_key: str


def path() -> Path:
    return Path(settings.VAR_DIR) / "secrets" / "logins.json"


def read_logins() -> Logins:
    """Raises FileNotFoundError before the first `ensure_logins`."""
    kept = json.loads(path().read_text())
    return Logins({role: Login(**login) for role, login in kept["users"].items()}, kept["ingest_key"])


def ensure_logins() -> Logins:
    """The project, its first users and its key; repairs what is missing and never changes what people changed."""
    actor = Actor.system("logins")
    try:
        logins, kept = read_logins(), True
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        # Written before the users are: a run that is killed in between goes on with the same passwords.
        logins, kept = _invented(), False
        _keep(logins)
    project = _project(actor)
    for name, role in _ROLES.items():
        _ensure_user(logins.users[name], name, role, project, reset=not kept, actor=actor)
    if not _is_live(logins.ingest_key, project):
        logins = replace(logins, ingest_key=_new_key(project, actor))
        _keep(logins)
    return logins


def _invented() -> Logins:
    return Logins({name: Login(f"{name}@oversight.local", secrets.token_urlsafe(12)) for name in _ROLES}, "")


def _project(actor: Actor) -> Project:
    found = Project.objects.filter(slug=PROJECT).first()
    return found or services.create_project(slug=PROJECT, name=PROJECT.title(), actor=actor)


@transaction.atomic
def _ensure_user(login: Login, name: str, role: Role, project: Project, *, reset: bool, actor: Actor) -> None:
    user = User.objects.filter(email__iexact=login.email).first()
    if user is None:
        user = services.create_user(email=login.email, name=_shown(name), password=login.password, actor=actor)
        services.set_membership(user=user, project=project, role=role, actor=actor)
    elif reset:
        # The file was lost, and with it the only copy of the password: a new one replaces it.
        user.set_password(login.password)
        user.save(update_fields=["password"])
        audit.record(PasswordSet(object_id=str(user.pk)), actor)
    if not Membership.objects.filter(user=user).exists():
        services.set_membership(user=user, project=project, role=role, actor=actor)


def _shown(name: str) -> str:
    return "Second reviewer" if name == "reviewer2" else name.title()


def _is_live(token: str, project: Project) -> bool:
    try:
        return keys.verify(token, Scope.INGEST).project_id == project.pk
    except keys.KeyRefused:
        return False


@transaction.atomic
def _new_key(project: Project, actor: Actor) -> str:
    for lost in ApiKey.objects.filter(project=project, name=KEY_NAME, revoked_at=None):
        services.revoke_api_key(key=lost, actor=actor)
    return services.create_api_key(project=project, name=KEY_NAME, scopes=[Scope.INGEST], actor=actor).token


def _keep(logins: Logins) -> None:
    _write(path(), json.dumps(asdict(logins), indent=1))
    # For people: `make run` shows this one.
    _write(path().with_suffix(""), as_text(logins))


def as_text(logins: Logins) -> str:
    """One login a line, the reviewer's first."""
    order = sorted(logins.users, key=lambda name: (name != "reviewer", name))
    return "".join(f"{name:<10} {logins.users[name].email:<28} {logins.users[name].password}\n" for name in order)


def _write(target: Path, text: str) -> None:
    """Whole or not at all, and readable by the owner only from the first byte."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = target.with_name(f".{target.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(target)
