"""What every template, style sheet and script keeps to: nothing from outside, nothing inline, nothing unescaped."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import engines
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
PYTHON = sorted(path for path in (ROOT / "oversight").rglob("*.py") if "migrations" not in path.parts)
OURS = [*TEMPLATES, *SCRIPTS, *STYLES]
MOST_JS_LINES, MOST_JS_BYTES = 220, 150_000


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", OURS, ids=name)
def test_nothing_comes_from_outside(path: Path) -> None:
    found = re.findall(r"""(?:https?:)?//[\w-]+\.[\w.-]+|@import\s+url""", _without_comments(path))

    assert not [address for address in found if not address.startswith("http://www.w3.org/")]


def _without_comments(path: Path) -> str:
    text = path.read_text()
    return re.sub(r"^\s*(//|\*|/\*).*$", "", text, flags=re.MULTILINE) if path.suffix == ".js" else text


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_have_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|\shx-on|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script\b[^>]*>", text))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_escape_everything(path: Path) -> None:
    assert not re.search(r"\|\s*safe|safeseq|autoescape off|mark_safe", path.read_text())


# tests/oversight/lib/test_markup.py holds the one that may to Django's own escaping.
@pytest.mark.parametrize("path", [path for path in PYTHON if name(path) != "oversight/lib/markup.py"], ids=name)
def test_python_marks_nothing_as_safe(path: Path) -> None:
    assert not re.search(r"\bmark_safe\(|\bSafeString\(|import mark_safe|is_safe\s*=\s*True", path.read_text())


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_scripts_write_text_and_run_no_text(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert text.startswith("// @ts-check")
    assert text.count("\n") <= MOST_JS_LINES


def test_our_scripts_stay_small() -> None:
    assert sum(path.stat().st_size for path in SCRIPTS) <= MOST_JS_BYTES


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_compile(path: Path) -> None:
    assert get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_static_reference_resolves(path: Path) -> None:
    for reference in re.findall(r"""{%\s*static\s+['"]([^'"]+)['"]""", path.read_text()):
        assert finders.find(reference), f"{reference} is not a static file"


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_every_url_in_a_style_sheet_resolves(path: Path) -> None:
    for reference in re.findall(r"""url\(["']?([^"')]+)["']?\)""", path.read_text()):
        assert reference.startswith("data:") or (path.parent / reference).resolve().is_file(), reference


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_every_import_resolves(path: Path) -> None:
    for reference in re.findall(r"""^import .*?["']([^"']+)["'];?$""", path.read_text(), re.MULTILINE):
        assert (path.parent / reference).resolve().is_file(), reference


def test_every_icon_is_in_the_sprite() -> None:
    sprite = next(VENDOR.rglob("sprite.svg")).read_text()
    known = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    used = {icon for path in TEMPLATES for icon in re.findall(r"""{%\s*icon\s+["']([\w-]+)["']""", path.read_text())}

    assert used <= known


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_post_form_has_its_token(path: Path) -> None:
    for form in re.findall(r"<form\b.*?</form>", path.read_text(), re.DOTALL):
        if re.search(r'method="post"', form, re.IGNORECASE):
            assert "{% csrf_token %}" in form


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_field_has_a_label(path: Path) -> None:
    text = path.read_text()
    for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", text):
        if 'type="hidden"' in field or "aria-label" in field:
            continue
        found = re.search(r'\bid="([^"]+)"', field)
        wrapped = re.search(r"<label\b(?:(?!</label>).)*" + re.escape(field), text, re.DOTALL)
        assert wrapped or (found and f'for="{found[1]}"' in text), field


def test_colours_stand_in_the_tokens_only() -> None:
    for path in STYLES:
        if path.name != "tokens.css":
            assert not re.search(
                r"#[0-9a-f]{3,8}\b(?![^{}]*\{)", path.read_text().replace("#000", "").replace("#999", "")
            )


def test_the_manifest_lists_what_is_vendored_and_nothing_has_changed() -> None:
    manifest = {entry["file"]: entry["sha256"] for entry in json.loads((VENDOR / "MANIFEST.json").read_text())}
    kept = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.parent != VENDOR and "__pycache__" not in path.parts
    }

    assert manifest == kept


def test_every_vendored_package_has_its_licence() -> None:
    manifest = json.loads((VENDOR / "MANIFEST.json").read_text())
    packages = {entry["package"] for entry in manifest}

    assert {entry["package"] for entry in manifest if entry["file"].endswith("/LICENSE")} == packages
    assert all(entry["licence"] for entry in manifest)


def test_templates_are_escaped_by_the_engine() -> None:
    [engine] = engines.all()

    assert engine.engine.autoescape  # type: ignore[attr-defined]  # the stub knows the base class only
