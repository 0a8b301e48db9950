"""The words that CONTRIBUTING.md says no document uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {ROOT / "docs/reference/rules.md", ROOT / "docs/policy.md"}
"""Pages that have the headings of the vendor's policy as it spells them."""
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")} - GENERATED)


def read_list() -> tuple[str, list[str]]:
    """The paragraph of CONTRIBUTING.md, and its words."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(r"(?s)No document uses these words.*?\n\n", text)
    assert found is not None
    return found[0], re.findall(r"`([^`]+)`", found[0])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_document_uses_the_words_of_the_glossary(page: Path) -> None:
    paragraph, words = read_list()
    assert len(words) > 10
    text = page.read_text(encoding="utf-8").replace(paragraph, "")
    pattern = (
        r"(?i)\b(?:" + "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words) + r")\b"
    )
    assert re.findall(pattern, text) == []
