"""Every environment variable that is read is documented, and every documented one is read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READERS = {"text", "flag", "integer", "numbers", "seconds", "words", "url", "secret"}
# Set by our own processes for each other, or by the platform; nobody configures them.
INTERNAL = {
    "CELERY_SKIP_CHECKS",
    "DJANGO_SETTINGS_MODULE",
    "OMP_WAIT_POLICY",
    "OVERSIGHT_MODEL_CACHE",
    "OVERSIGHT_RUN",
    "WEB_LISTENER",
}


def documented() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", "\n".join(lines), re.MULTILINE))


def read_by_settings() -> set[str]:
    """First arguments of env.text("NAME", ...) and its kin, in every module of the house."""
    return {
        call.args[0].value
        for path in (ROOT / "oversight").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in READERS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def read_directly() -> set[str]:
    """Names given to environ.get("NAME"), environ["NAME"] and environment.get("NAME")."""
    pattern = re.compile(r"""environ(?:ment)?(?:\.get\(|\.setdefault\(|\[)["']([A-Z][A-Z0-9_]*)["']""")
    sources = [*(ROOT / "oversight").rglob("*.py"), *(ROOT / "monitors").rglob("*.py")]
    return {name for path in sources for name in pattern.findall(path.read_text())}


def test_every_variable_that_is_read_is_documented() -> None:
    assert (read_by_settings() | read_directly()) - INTERNAL - documented().keys() == set()


def test_every_documented_variable_is_read() -> None:
    assert documented().keys() - (read_by_settings() | read_directly()) == set()


def test_the_example_holds_no_secret() -> None:
    values = documented()

    assert {name: values[name] for name in values if name.endswith(("_URL", "_KEY")) and name != "PUBLIC_URL"} == {
        "DATABASE_URL": "",
        "DATABASE_OWNER_URL": "",
        "REDIS_URL": "",
        "SECRET_KEY": "",
        "FIELD_KEY": "",
        "MODEL_API_KEY": "",
    }
