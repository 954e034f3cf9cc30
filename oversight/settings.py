"""The one settings file. Everything that differs between places is an environment variable listed in `.env.example`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from oversight import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
DEBUG = env.flag("DEBUG")
PUBLIC_URL = env.url("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
LOG_LEVEL = env.text("LOG_LEVEL", "INFO")

# Services: external when named, embedded otherwise.
DATABASE_URL = env.secret("DATABASE_URL", "")
DATABASE_OWNER_URL = env.secret("DATABASE_OWNER_URL", "")
REDIS_URL = env.secret("REDIS_URL", "")
EMBEDDED = not (DATABASE_URL or DATABASE_OWNER_URL)
if EMBEDDED or not REDIS_URL:
    from oversight.embedded import cluster

    _addresses = cluster.ensure(VAR_DIR, postgres=EMBEDDED, valkey=not REDIS_URL)
    DATABASE_URL = DATABASE_URL or _addresses.database_url
    DATABASE_OWNER_URL = DATABASE_OWNER_URL or _addresses.database_owner_url
    REDIS_URL = REDIS_URL or _addresses.redis_url
SECRET_KEY = env.secret("SECRET_KEY", "") or (env.kept_secret(VAR_DIR / "secrets" / "secret_key") if EMBEDDED else "")
FIELD_KEY = env.secret("FIELD_KEY", "") or (env.kept_secret(VAR_DIR / "secrets" / "field_key") if EMBEDDED else "")
for _name, _value in (("SECRET_KEY", SECRET_KEY), ("FIELD_KEY", FIELD_KEY)):
    if len(_value) < 50:
        raise env.Misconfigured(
            f"{_name} must be set to a random text of at least 50 characters, the same for every process"
        )


def _database(url: str) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    options = {key: value for key, value in parts.items() if key not in ("dbname", "user", "password", "host", "port")}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database(DATABASE_URL), "owner": _database(DATABASE_OWNER_URL)}
if not DATABASES["owner"]["USER"] or DATABASES["owner"]["USER"] == DATABASES["default"]["USER"]:
    raise env.Misconfigured(
        "DATABASE_URL and DATABASE_OWNER_URL must name two different roles, so that the application cannot alter the"
        " ledger's tables. As a superuser run: CREATE ROLE ov_owner LOGIN PASSWORD '...'; CREATE ROLE ov_app LOGIN"
        " PASSWORD '...'; CREATE DATABASE oversight OWNER ov_owner;"
    )
DATABASES["default"]["OPTIONS"]["options"] = "-c statement_timeout=30s -c idle_in_transaction_session_timeout=10s"
# The web process opens a connection per request thread: a pool spares it the handshake. Workers keep one connection.
if env.flag("DATABASE_POOL"):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": env.integer("DATABASE_POOL_SIZE", 12, low=1)}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
DATABASE_ROUTERS = ["oversight.audit.router.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "ninja",
    "channels",
    "django_htmx",
    "oversight.audit",
    "oversight.accounts",
    "oversight.transcripts",
    "oversight.monitoring",
    "oversight.review",
    "oversight.alerts",
    "oversight.live",
    "oversight.dashboard",
    "oversight.quality",
    "oversight.agreement",
    "oversight.compare",
    "oversight.rubrics",
    "oversight.judges",
    "oversight.demo",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "oversight.lib.http.PackedMiddleware",
    "csp.middleware.CSPMiddleware",
    "oversight.audit.middleware.RequestContextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "oversight.audit.middleware.SessionContextMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "oversight.lib.http.ErrorPagesMiddleware",
    "oversight.lib.http.NoStoreMiddleware",
]
ROOT_URLCONF = "oversight.urls"
ASGI_APPLICATION = "oversight.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oversight.dashboard.shell.context",
            ],
        },
    }
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

# People and sessions.
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
# The default one derives a signing key for every request, also for those that have no messages.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# The scheme of PUBLIC_URL decides about secure cookies and HSTS; http is for loopback only.
_public = urlsplit(PUBLIC_URL)
HTTPS = _public.scheme == "https"
if not HTTPS and _public.hostname not in ("127.0.0.1", "localhost", "::1"):
    raise env.Misconfigured(f"PUBLIC_URL={PUBLIC_URL!r}: plain http is accepted for loopback addresses only; use https")
ALLOWED_HOSTS = [str(_public.hostname), *env.words("ALLOWED_HOSTS")]
if not HTTPS:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_NAME = "__Host-oversight" if HTTPS else "oversight"
CSRF_COOKIE_NAME = "__Host-oversight-csrf" if HTTPS else "oversight-csrf"
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# How many reverse proxies in front of us append to X-Forwarded-For; 0 means the peer address is the client's.
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
# One language: looking up the active one for each value of a table takes time.
USE_I18N = False
USE_TZ = True

# Broker, channel layer and cache share one Valkey; losing it loses no work, since PostgreSQL decides what counts.
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL], "prefix": "live"}}
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 25
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that is down or hangs delays a publisher by seconds once (audit.bell), and fails nobody.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 3,
    "max_retries": 0,
    "global_keyprefix": "celery:",
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

# Models: the embedded default is the small local model; a URL names an OpenAI-compatible server instead.
MODEL_BACKEND = env.text("MODEL_BACKEND", "local")
MODEL_NAME = env.text("MODEL_NAME", "")
MODEL_API_KEY = env.secret("MODEL_API_KEY", "")
# Calls to the server at once, from each process; USD per million tokens: prompt, answer, cached prompt.
MODEL_CONCURRENCY = env.integer("MODEL_CONCURRENCY", 8, low=1)
MODEL_PRICE = env.numbers("MODEL_PRICE", least=2, most=3)
# A judge's answer is kept for the next time the same is asked; 0: none is.
MODEL_KEEP_ANSWERS_DAYS = env.integer("MODEL_KEEP_ANSWERS_DAYS", 30)
# Known cases put to each judge in between its work: one for so many judged runs, and at least so many a day. 0: none.
CANARY_EVERY = env.integer("CANARY_EVERY", 50)
CANARY_DAILY = env.integer("CANARY_DAILY", 3)
MODEL_CACHE = Path(env.text("MODEL_CACHE", str(VAR_DIR / "models")))

# host:port pairs for which the outbound client lifts its https, port and address rules.
OUTBOUND_ALLOW = env.words("OUTBOUND_ALLOW")
# Ingestion: what may wait behind it, and how much one key, and one web process at once, may send.
INGEST_MAX_QUEUE = env.integer("INGEST_MAX_QUEUE", 1_000_000)
INGEST_MAX_CONCURRENT = env.integer("INGEST_MAX_CONCURRENT", 32, low=1)
INGEST_KEY_RECORDS_PER_S = env.integer("INGEST_KEY_RECORDS_PER_S", 20_000, low=1)
INGEST_KEY_BYTES_PER_S = env.integer("INGEST_KEY_BYTES_PER_S", 256 * 1024 * 1024, low=1)
LEASE_S = env.seconds("LEASE_S", 120)
# What a project's queue begins with; its leads change the rules on the queue's page.
REVIEW_AUDIT_SHARE = env.integer("REVIEW_AUDIT_PERCENT", 15) / 100
REVIEW_LEASE_S = env.seconds("REVIEW_LEASE_S", 600)
UNDO_S = env.seconds("UNDO_S", 8)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "oversight.lib.logs.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
}
