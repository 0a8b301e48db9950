"""What a set of names has gained and lost, as words and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from neuron_pin.policy.update import Update


def describe_release_change(update: Update, *, backwards: bool, left: int, majors: int) -> str:
    """What the change from one release to another is: its class by the number with what the
    policy promises of it, unless packages that left or changed incompatibly deny that; going
    back, for which nothing is promised, a downgrade."""
    facts = []
    if left:
        facts.append(f"{left} package{'s' * (left != 1)} left")
    if majors and not (backwards and update is Update.MAJOR):
        word = "change" if backwards else "update"
        # What left was counted as packages already.
        noun = "" if left else f" package{'s' * (majors != 1)}"
        facts.append(f"{majors}{noun} {'have' if majors != 1 else 'has'} a major {word}")
    if backwards:
        lost = f"; {' and '.join(facts)}" if facts else ""
        return f"downgrade by a {update.value} version{lost}"
    if update is Update.MAJOR or not facts:
        return f"{update.value}: {update.promise}"
    return f"{update.value} by its number, but {' and '.join(facts)}"


def sign_changes(gained: Sequence[str], lost: Sequence[str]) -> list[str]:
    """``+trn3``, ``-inf1``."""
    return [*(f"+{name}" for name in gained), *(f"-{name}" for name in lost)]


def describe_changes(gained: Sequence[str], lost: Sequence[str]) -> str:
    """``now also trn3; no longer inf1``."""
    parts = [f"now also {', '.join(gained)}"] if gained else []
    return "; ".join([*parts, *([f"no longer {', '.join(lost)}"] if lost else [])])


def changes_row(gained: Sequence[str], lost: Sequence[str]) -> dict[str, list[str]]:
    """``{"gained": […], "lost": […]}``."""
    return {"gained": list(gained), "lost": list(lost)}
