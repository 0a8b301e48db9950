"""What a set of names has gained and lost, as words and as JSON."""

from __future__ import annotations

from collections.abc import Sequence


def sign_changes(gained: Sequence[str], lost: Sequence[str]) -> list[str]:
    """``+trn3``, ``-inf1``."""
    return [*(f"+{name}" for name in gained), *(f"-{name}" for name in lost)]


def changes_row(gained: Sequence[str], lost: Sequence[str]) -> dict[str, list[str]]:
    """``{"gained": […], "lost": […]}``."""
    return {"gained": list(gained), "lost": list(lost)}
