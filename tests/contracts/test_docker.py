"""The server set-up says what the code says: modules, queues, variables, roles; and nothing has a default password."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from oversight.embedded import programs, roles

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
# Variables that belong to other people's images, not to us.
FOREIGN = {"POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"}
PLATFORM = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "DJANGO_SETTINGS_MODULE", "PIP_NO_CACHE_DIR"}
PLATFORM |= {"PIP_DISABLE_PIP_VERSION_CHECK", "HF_HUB_OFFLINE", "TOKENIZERS_PARALLELISM"}
# A version with at least a minor number, so that a rebuild next year is the same server.
PINNED = re.compile(r":v?\d+\.\d+(\.\d+)?(-[\w.-]+)?$")


def documented() -> set[str]:
    return set(re.findall(r"^([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def command(service: str) -> list[str]:
    """What the service runs: its own command, or the CMD of its image."""
    if "command" in SERVICES[service]:
        return list(map(str, SERVICES[service]["command"]))
    target = SERVICES[service]["build"]["target"]
    stage = DOCKERFILE.split(f" AS {target}\n")[1]
    found = re.search(r"^CMD (\[.*?\])", stage, re.MULTILINE | re.DOTALL)
    assert found
    return list(yaml.safe_load(found[1].replace("\\\n", "")))


def queues(arguments: list[str]) -> set[str]:
    return set(arguments[arguments.index("-Q") + 1].split(",")) if "-Q" in arguments else set()


def test_the_services_are_those_of_the_architecture() -> None:
    assert set(SERVICES) == {
        *("postgres", "valkey", "migrate", "web", "worker-cpu", "worker-judge", "worker-model", "beat", "vllm"),
    }
    assert SERVICES["vllm"]["profiles"] == ["gpu"]
    assert [name for name in SERVICES if name != "vllm" and "profiles" in SERVICES[name]] == []


def test_every_queue_of_the_embedded_default_has_one_worker() -> None:
    house = programs.oversight(Path("/nowhere"), port=1)
    embedded = set().union(*(queues(list(program.arguments)) for program in (*house.services, house.model_worker)))
    served = [queue for name in OURS for queue in queues(command(name))]

    assert embedded == {"cpu", "judge", "outbound", "default", "model"}
    assert sorted(served) == sorted(embedded)


@pytest.mark.parametrize("name", OURS)
def test_commands_name_programs_and_modules_that_exist(name: str) -> None:
    arguments = command(name)

    if arguments[0] == "celery":
        assert arguments[1:3] == ["-A", "oversight"]
        assert importlib.util.find_spec("oversight.celery")
        assert arguments[3] in ("worker", "beat")
    elif arguments[0] == "uvicorn":
        module, _, attribute = arguments[1].partition(":")
        spec = importlib.util.find_spec(module)
        assert spec
        assert spec.origin
        assert re.search(rf"^{attribute} =", Path(spec.origin).read_text(), re.MULTILINE)
    else:
        assert arguments[:2] == ["python", "manage.py"]
        assert list(ROOT.glob(f"oversight/*/management/commands/{arguments[2]}.py"))


@pytest.mark.parametrize("name", [name for name in OURS if "worker" in name])
def test_workers_take_one_task_at_a_time(name: str) -> None:
    arguments = command(name)

    assert arguments[arguments.index("-O") + 1] == "fair"
    assert arguments[arguments.index("--prefetch-multiplier") + 1] == "1"


def test_every_variable_is_documented() -> None:
    given = {key for service in SERVICES.values() for key in service.get("environment", {})} - FOREIGN
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z][A-Z0-9_]*)", (DOCKER / "compose.yaml").read_text()))
    in_image = set(re.findall(r"(?:^ENV|\s)([A-Z][A-Z_]+)=", DOCKERFILE)) - PLATFORM - {"PYTHON_IMAGE"}

    assert {name.removesuffix("_FILE") for name in given} | asked | in_image <= documented()


def test_secrets_come_from_files_and_from_nowhere_else() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if key.endswith("_FILE"):
                secret = str(value).removeprefix("/run/secrets/")
                assert secret in service["secrets"], (name, key)
                assert secret in COMPOSE["secrets"]
            assert not key.endswith(("PASSWORD", "SECRET_KEY", "DATABASE_URL", "REDIS_URL")), (name, key)


def test_the_secrets_script_makes_every_secret_and_keeps_what_is_there(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_text((DOCKER / "make-secrets.sh").read_text())
    subprocess.run(["/bin/sh", str(script)], check=True, capture_output=True)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(["/bin/sh", str(script)], check=True, capture_output=True)

    assert made.keys() == COMPOSE["secrets"].keys()
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made
    assert len(made["secret_key"]) >= 50
    assert made["database_url"] == f"postgresql://{roles.APP}:{made['app_password']}@postgres:5432/{roles.DATABASE}"
    assert made["app_password"] != made["owner_password"]
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_the_roles_are_those_of_the_embedded_default() -> None:
    script = (DOCKER / "postgres-roles.sh").read_text()

    assert set(re.findall(r"CREATE ROLE (\w+) LOGIN", script)) == {roles.OWNER, roles.APP}
    assert f"CREATE DATABASE {roles.DATABASE} OWNER {roles.OWNER}" in script


def test_images_are_pinned() -> None:
    [base] = re.findall(r"^ARG PYTHON_IMAGE=(\S+)", DOCKERFILE, re.MULTILINE)
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", DOCKERFILE, re.MULTILINE))
    foreign = [service["image"] for service in SERVICES.values() if "build" not in service]

    assert [image for image in (base, *foreign) if not PINNED.search(image)] == []
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) <= {"${PYTHON_IMAGE}", *stages}


def test_what_the_image_copies_exists_and_passes_the_ignore_file() -> None:
    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in shlex.split(line)[:-1]
    ]
    allowed = re.findall(r"^!(\S+)", (DOCKER / "Dockerfile.dockerignore").read_text(), re.MULTILINE)

    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert [source for source in sources if not any(source == a or source.startswith(f"{a}/") for a in allowed)] == []


def test_the_model_installer_runs_from_what_its_stage_copies(tmp_path: Path) -> None:
    stage = DOCKERFILE.split(" AS build-models\n")[1].split("\nFROM ")[0]
    for line in re.findall(r"^COPY (.+)$", stage, re.MULTILINE):
        *sources, target = shlex.split(line)
        folder = tmp_path / target.removeprefix("/build/")
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, folder)
    ran = subprocess.run(
        [sys.executable, "-m", "oversight.embedded.model_extras", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "--progress" in ran.stdout


@pytest.mark.parametrize("target", ["core", "models"])
def test_no_image_runs_as_root(target: str) -> None:
    stage = DOCKERFILE.split(f" AS {target}\n")[1].split("\nFROM ")[0]

    assert re.search(r"^USER 10001:10001\n(?:.*\n)*?CMD ", stage, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_lasting_service_tells_its_health_and_comes_back(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_only_web_is_published_and_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert [SERVICES[name]["networks"] for name in ("postgres", "valkey")] == [["inside"], ["inside"]]


def test_volumes_and_files_that_are_mounted_exist() -> None:
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (DOCKER / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"]
