"""The documents: links between files, what lists must hold, and the build (script/docs)."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for top in ("*.md", "docs/**/*.md", "findings/*.md", "fixtures/*/README.md")
    for path in ROOT.glob(top)
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"(?ms)^(```+|:::+).*?^\1$")


def read_prose(path: Path) -> str:
    """A document without its code blocks."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def make_slugs(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub and MyST make them."""
    headings = re.findall(r"(?m)^#+ (.+)$", read_prose(path))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def find_links(path: Path) -> Iterator[tuple[Path, str]]:
    """File and anchor of every link to a file."""
    for target in LINK.findall(read_prose(path)):
        if "://" not in target and not target.startswith("mailto:"):
            name, _, anchor = target.partition("#")
            yield (path.parent / name if name else path), anchor


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(path: Path) -> None:
    for target, anchor in find_links(path):
        assert target.exists(), target
        assert not anchor or anchor in make_slugs(target), f"{target}#{anchor}"


@pytest.mark.parametrize(
    "index", sorted((ROOT / "docs").glob("*/index.md")), ids=lambda index: index.parent.name
)
def test_an_index_lists_every_page_of_its_folder(index: Path) -> None:
    listed = {target.resolve() for target, _ in find_links(index)}
    assert {path for path in index.parent.glob("*.md") if path != index} <= listed


def test_every_schema_is_listed() -> None:
    listed = {target.resolve() for target, _ in find_links(ROOT / "docs/reference/schemas.md")}
    assert set((ROOT / "docs/schemas").glob("*.json")) <= listed


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    """As CI builds them, and the manual pages in man/ are those that are built."""
    python = os.environ.get("SPHINX") or sys.executable
    if "SPHINX" not in os.environ and importlib.util.find_spec("sphinx") is None:
        pytest.skip("needs Sphinx, which script/docs installs into its own environment")
    done = subprocess.run(
        ["sh", ROOT / "script/docs", "--check"],
        env={**os.environ, "SPHINX": python, "DOCS_OUT": str(tmp_path / "out")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


BROKEN = [
    ("no.html", "page.html: no.html leads nowhere"),
    ("#no", "page.html: #no leads nowhere"),
    ("other.html#no", "page.html: other.html#no leads nowhere"),
]


@pytest.mark.parametrize(("link", "said"), BROKEN)
def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, link: str, said: str) -> None:
    fine = '<a href="other.html#here"></a><a href="https://host.invalid/">'
    (tmp_path / "page.html").write_text(f'{fine}<a href="{link}"></a>')
    (tmp_path / "other.html").write_text('<p id="here">')
    command = [sys.executable, str(ROOT / "script/check_links.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()) == (1, [said])
    (tmp_path / "page.html").write_text(fine)
    assert subprocess.run(command, check=False).returncode == 0
