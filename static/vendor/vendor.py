"""Fetch the front end's packages by npm, keep the few files that we serve, and write MANIFEST.json beside them.

Run by hand when a version changes; what it writes is committed, so that no installation needs npm.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Package:
    """An npm package and which of its files are served, under which name."""

    name: str
    version: str
    licence: str
    files: dict[str, str]


PACKAGES = (
    Package("htmx.org", "2.0.11", "0BSD", {"dist/htmx.min.js": "htmx.min.js"}),
    Package("idiomorph", "0.8.0", "0BSD", {"dist/idiomorph-ext.min.js": "idiomorph-ext.min.js"}),
    Package("plotly.js-cartesian-dist-min", "4.1.1", "MIT", {"plotly-cartesian.min.js": "plotly-cartesian.min.js"}),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        {f"files/inter-{s}-wght-normal.woff2": f"inter-{s}-wght-normal.woff2" for s in ("latin", "latin-ext")},
    ),
    Package(
        "@fontsource-variable/jetbrains-mono",
        "5.3.0",
        "OFL-1.1",
        {f"files/jetbrains-mono-{s}-wght-normal.woff2": f"jetbrains-mono-{s}-wght-normal.woff2" for s in ("latin",)},
    ),
    Package("lucide-static", "1.62.0", "ISC", {}),
)
ICONS = """
    activity arrow-right arrow-up bell binary bot brain chart-column check chevron-down chevron-left chevron-right
    chevron-up circle circle-alert circle-check circle-dot circle-minus circle-question-mark circle-slash circle-x clock
    copy download ellipsis external-link eye eye-off file-text filter flag gauge gavel hash history hourglass inbox info
    key-round keyboard layers link list list-checks lock log-out menu message-square minus moon octagon-alert
    panel-left panel-right pause pencil play plus radio refresh-cw rotate-ccw scale search send settings shield-alert
    shield-check sliders-horizontal sun sun-moon table terminal trash-2 triangle-alert undo-2 user users webhook
    wifi-off wrench x
""".split()
_PLOTLY_RULE = re.compile(r"""(?:"(?P<quoted>[^"]+)"|(?P<bare>[XY])):(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)')""")


def plotly_stylesheet(bundle: str) -> str:
    """The rules that plotly.js would inject as a style element, which our content security policy refuses."""
    table = bundle[bundle.index('{"X,X div":') :]
    table = table[: table.index("};")]
    rules = []
    for rule in _PLOTLY_RULE.finditer(table):
        selector = re.sub("^,", " ,", rule["quoted"] or rule["bare"])
        selector = selector.replace("X", ".js-plotly-plot .plotly").replace("Y", ".plotly-notifier")
        rules.append(f"{selector}{{{rule['d'] if rule['d'] is not None else rule['s']}}}")
    return "\n".join(rules) + "\n"


def sprite(icons: Path) -> str:
    """One file of symbols: the icons that the templates name, drawn by `<use href="sprite.svg#name">`."""
    symbols = []
    for name in ICONS:
        inner = re.sub(r".*?<svg[^>]*>|</svg>.*", "", (icons / f"{name}.svg").read_text(), flags=re.DOTALL)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(inner.split())}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def unpack(package: Package, into: Path) -> Path:
    """The package's folder, fetched at its pinned version."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(into), f"{package.name}@{package.version}"]
    archive = subprocess.run(command, check=True, capture_output=True, text=True, cwd=into).stdout.split()[-1]
    place = into / package.name.replace("/", "-")
    with tarfile.open(into / archive) as tar:
        tar.extractall(place, filter="data")
    return place / "package"


def keep(package: Package, source: Path) -> list[dict[str, str]]:
    """Copy the served files and the licence; return their manifest entries."""
    # Without the @ of a scope: it may be written in two ways in a URL, and the browser would fetch the file twice.
    target = HERE / package.name.removeprefix("@") / package.version
    target.mkdir(parents=True)
    shutil.copy(source / "LICENSE", target / "LICENSE")
    for path, name in package.files.items():
        shutil.copy(source / path, target / name)
    if package.name.startswith("plotly.js"):
        bundle = (target / "plotly-cartesian.min.js").read_text()
        (target / "plotly.css").write_text(plotly_stylesheet(bundle))
    if package.name == "lucide-static":
        (target / "sprite.svg").write_text(sprite(source / "icons"))
    return [
        {
            "package": package.name,
            "version": package.version,
            "licence": package.licence,
            "file": str(path.relative_to(HERE)),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in sorted(target.iterdir())
    ]


def main() -> None:
    for folder in (path for path in HERE.iterdir() if path.is_dir() and not path.name.startswith("__")):
        shutil.rmtree(folder)
    entries: list[dict[str, str]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for package in PACKAGES:
            entries += keep(package, unpack(package, Path(scratch)))
    (HERE / "MANIFEST.json").write_text(json.dumps(entries, indent=1) + "\n")


if __name__ == "__main__":
    main()
