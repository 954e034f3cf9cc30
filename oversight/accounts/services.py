"""Projects, members, keys and sign-ins: the only writers of this app's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from oversight.accounts import keys
from oversight.accounts.events import (
    ApiKeyCreated,
    ApiKeyRevoked,
    MembershipChanged,
    PreferencesChosen,
    ProjectCreated,
    ThemeChosen,
    UserCreated,
)
from oversight.accounts.models import READING_SIZES, ApiKey, Membership, Project, Role, Scope, Theme, User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict, Invalid

MAX_KEY_DAYS = 180


@transaction.atomic
def create_project(*, slug: str, name: str, actor: Actor) -> Project:
    """Conflict when the slug is taken."""
    project, created = Project.objects.get_or_create(slug=slug, defaults={"name": name})
    if not created:
        raise Conflict(f"There is a project {slug!r} already.")
    audit.record(ProjectCreated(object_id=str(project.pk), project_id=project.pk, slug=slug), actor)
    return project


@transaction.atomic
def create_user(*, email: str, name: str, password: str, actor: Actor) -> User:
    """Conflict when the e-mail is taken in any spelling of upper and lower case; Invalid when the password is weak."""
    user = User(email=User.objects.normalize_email(email), name=name)
    try:
        user.set_password(password)
        user.full_clean()
        validate_password(password, user)
    except ValidationError as error:
        if User.objects.filter(email__iexact=email).exists():
            raise Conflict("There is a user with this e-mail already.") from None
        raise Invalid(" ".join(error.messages)) from None
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise Conflict("There is a user with this e-mail already.") from None
    audit.record(UserCreated(object_id=str(user.pk)), actor)
    return user


@transaction.atomic
def set_membership(*, user: User, project: Project, role: Role | None, actor: Actor) -> None:
    """Give, change or (with None) take the user's role in the project."""
    # One lock for the project's members: an admin who leaves and another who is demoted must see each other.
    members = Membership.objects.select_for_update().filter(project=project).order_by("pk")
    roles = {member.user_id: Role(member.role) for member in members}
    before = roles.get(user.pk)
    if before == role:
        return
    admins = [user_id for user_id, held in roles.items() if held is Role.ADMIN]
    if before is Role.ADMIN and admins == [user.pk]:
        raise Conflict("This is the project's last admin. Make another one first.")
    if role is None:
        Membership.objects.filter(user=user, project=project).delete()
    else:
        Membership.objects.update_or_create(user=user, project=project, defaults={"role": role})
    after = role.value if role else None
    audit.record(
        MembershipChanged(
            object_id=str(user.pk), project_id=project.pk, before=before.value if before else None, after=after
        ),
        actor,
    )


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key and its token, which is nowhere else and can not be shown again."""

    key: ApiKey
    token: str


@transaction.atomic
def create_api_key(
    *,
    project: Project,
    name: str,
    scopes: Sequence[Scope],
    days: int = MAX_KEY_DAYS,
    created_by: User | None = None,
    actor: Actor,
) -> NewKey:
    """Invalid for no scope, ingest together with reading, read:blind by itself, and for more than 180 days."""
    if not scopes:
        raise Invalid("A key needs at least one scope.", place="scopes")
    if Scope.INGEST in scopes and len(set(scopes)) > 1:
        raise Invalid("A key that ingests can not read: make two keys.", place="scopes")
    if Scope.READ_BLIND in scopes and Scope.READ_META not in scopes:
        raise Invalid("The scope read:blind adds to read:meta: give both.", place="scopes")
    if not 1 <= days <= MAX_KEY_DAYS:
        raise Invalid(f"A key lives from 1 to {MAX_KEY_DAYS} days.", place="days")
    minted = keys.mint()
    key = ApiKey.objects.create(
        project=project,
        name=name,
        key_id=minted.key_id,
        secret_sha256=minted.secret_sha256,
        scopes=sorted({scope.value for scope in scopes}),
        created_by=created_by,
        expires_at=clock.now() + timedelta(days=days),
    )
    audit.record(
        ApiKeyCreated(object_id=str(key.pk), project_id=project.pk, key_id=key.key_id, scopes=key.scopes), actor
    )
    return NewKey(key, minted.token)


@transaction.atomic
def revoke_api_key(*, key: ApiKey, actor: Actor) -> None:
    """At once and for good. Conflict when it was revoked before."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now()) != 1:
        raise Conflict(f"The key ovk_{key.key_id} is revoked already.")
    audit.record(ApiKeyRevoked(object_id=str(key.pk), project_id=key.project_id, key_id=key.key_id), actor)


@transaction.atomic
def choose_theme(*, user: User, theme: Theme, actor: Actor) -> None:
    """The user's own colour scheme."""
    if User.objects.filter(pk=user.pk).exclude(theme=theme).update(theme=theme):
        audit.record(ThemeChosen(object_id=str(user.pk), theme=theme.value), actor)


PREFERENCES = ("theme", "density", "reading_face", "reading_size", "motion", "single_keys")


@transaction.atomic
def choose_preferences(*, user: User, chosen: Mapping[str, str | int | bool], actor: Actor) -> None:
    """The user's own settings, those of `PREFERENCES` that are given. The same again changes nothing."""
    fresh = User.objects.select_for_update().get(pk=user.pk)
    changed = {name: chosen[name] for name in PREFERENCES if name in chosen and getattr(fresh, name) != chosen[name]}
    if not changed:
        return
    for name, value in changed.items():
        setattr(fresh, name, value)
    try:
        fresh.clean_fields(exclude={field.name for field in User._meta.fields} - changed.keys())
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None
    if fresh.reading_size not in READING_SIZES:
        raise Invalid("The reading size is one of " + ", ".join(map(str, READING_SIZES)) + ".", place="reading_size")
    fresh.save(update_fields=list(changed))
    said = {name: str(value) for name, value in changed.items()}
    audit.record(PreferencesChosen(object_id=str(user.pk), preferences=said), actor)
