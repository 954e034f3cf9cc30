"""Users, projects, memberships and API keys."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower


class Role(models.TextChoices):
    """What a member may do in a project; `permissions.TABLE` says it action by action."""

    ADMIN = "admin", "Admin"
    LEAD = "lead", "Lead"
    REVIEWER = "reviewer", "Reviewer"
    AUDITOR = "auditor", "Auditor"
    INGEST = "ingest", "Ingest"


class UserManager(BaseUserManager["User"]):
    """Users by e-mail."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class Theme(models.TextChoices):
    """Colour scheme, rendered by the server so that no page flashes."""

    SYSTEM = "system", "As the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Density(models.TextChoices):
    """How much room rows and controls take."""

    COMPACT = "compact", "Compact"
    COSY = "cosy", "Cosy"


class Face(models.TextChoices):
    """What transcripts are set in."""

    PROPORTIONAL = "proportional", "Proportional"
    MONO = "mono", "Fixed width"


class Motion(models.TextChoices):
    """Whether things may move."""

    SYSTEM = "system", "As the system"
    REDUCED = "reduced", "Reduced"


READING_SIZES = (12, 13, 14, 16, 18, 20)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Rights come from memberships alone; there is no superuser bypass in the product."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(max_length=8, choices=Density.choices, default=Density.COMPACT)
    reading_face = models.CharField(max_length=12, choices=Face.choices, default=Face.PROPORTIONAL)
    reading_size = models.PositiveSmallIntegerField(default=14)
    motion = models.CharField(max_length=8, choices=Motion.choices, default=Motion.SYSTEM)
    single_keys = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_once")]

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    """The boundary of access: every transcript, queue, rule and key belongs to one."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One role of one person in one project."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "project"], name="accounts_membership_once"),
            models.CheckConstraint(name="accounts_membership_role", condition=models.Q(role__in=Role.values)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} in {self.project_id}"


class Scope(models.TextChoices):
    """What an API key may do. A key that ingests can never read."""

    INGEST = "ingest", "Ingest transcripts"
    READ_META = "read:meta", "Read states and scores"
    READ_CONTENT = "read:content", "Read transcripts"
    READ_BLIND = "read:blind", "Read scores before a blind verdict"


class ApiKey(models.Model):
    """A key of one project. Only its public id and the digest of its secret are kept."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    key_id = models.CharField(max_length=8, unique=True)
    secret_sha256 = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope.choices))
    created_by = models.ForeignKey(User, models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} (ovk_{self.key_id})"
