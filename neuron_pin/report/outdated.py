"""What is newer than a lock, an environment or a machine has, for people and programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from neuron_pin.catalog import find_facts_age
from neuron_pin.printable import make_printable
from neuron_pin.screen import PLAIN, Screen, columns

if TYPE_CHECKING:
    from neuron_pin.operations.outdated import Ending, Outdated, PackageAge

SCHEMA_VERSION = 1


def render_outdated(found: Outdated, *, everything: bool, screen: Screen = PLAIN) -> str:
    """A line on the releases, a table of what is newer, what ends, and what to do."""
    of = f"SDK {found.sdk}" if found.sdk else "no known SDK release"
    lines = [
        f"{found.label}: {of}, for {found.target.label}",
        f"The newest SDK release known is {found.newest_sdk}, of {found.newest_date}.",
    ]
    if found.newer_in_part:
        named = " and ".join(f"{release.sdk} of {release.date}" for release in found.newer_in_part)
        lines.append(f"Newer, and known in part, so that no lock takes them yet: {named}.")
        lines.append("No index was asked; a lock that is not offline says what they have of these.")
    table = []
    shown = [a for a in found.packages if everything or a.is_outdated or _is_telling(a)]
    if shown:
        head = ("PACKAGE", "CURRENT", "NEWEST", "SDK", "SUPPORT")
        table = ["", *columns(head, [_row(age) for age in shown], screen)]
    below = []
    ends = [f"{label}: {_support(end)}" for label, end in found.target_parts if _support(end)]
    if ends:
        below += ["", *ends]
    below += ["", *_summary(found)]
    if found.other_pythons:
        below.append(
            f"NEWEST is for Python {found.target.python}, for which SDK {found.newest_sdk} has no "
            f"packages; try --python {found.other_pythons[0]}."
        )
    # The table is made printable already, and may be in color.
    texts = [*map(make_printable, lines), *table, *map(make_printable, below)]
    return "\n".join(texts) + "\n"


def _row(age: PackageAge) -> tuple[str, ...]:
    newer = age.newest if age.is_outdated and age.newest is not None else "-"
    sdk = age.newest_sdk if age.is_outdated and age.newest_sdk is not None else "-"
    support = [_support(age.ending)] if _support(age.ending) else []
    if age.last_sdk is not None:
        support.append(f"last in {age.last_sdk}")
        if age.replaced_by is not None:
            support.append(f"replaced by {age.replaced_by}")
    return age.key.name, age.current, newer, sdk, ", ".join(support)


def _is_telling(age: PackageAge) -> bool:
    """Whether there is something to say of a package although nothing is newer."""
    return bool(_support(age.ending)) or age.last_sdk is not None


def _support(ending: Ending) -> str:
    """What is announced of an end, empty for nothing."""
    if ending.is_over:
        return f"ended {ending.day}" if ending.day else "ended"
    if ending.day is not None:
        return f"ends {ending.day}"
    return "" if ending.phase.label == "stable" else ending.phase.label


def _summary(found: Outdated) -> list[str]:
    if not found.packages:
        return ["There is no Neuron package in it."]
    newer = [age for age in found.packages if age.is_outdated]
    total = f"{len(found.packages)} Neuron package" + "s" * (len(found.packages) != 1)
    lines = [f"{total} compared: {len(newer)} with a newer version."]
    if not newer:
        return lines
    if found.together_sdk is None:
        return [*lines, f"A new lock of the same packages is not possible: {found.problem}."]
    verb = "stays at" if found.together_sdk == found.sdk else "takes"
    lines.append(f"A new lock of the same packages {verb} SDK {found.together_sdk}.")
    behind = found.held_back_by
    if behind:
        are = "is" if len(behind) == 1 else "are"
        lines.append(f"{', '.join(behind)} {are} in no later release.")
    return lines


def outdated_document(found: Outdated) -> str:
    """The JSON document, by docs/schemas/outdated.schema.json."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "compared": found.label,
        "as_of": found.target.as_of.isoformat(),
        "facts_until": found.facts_until.isoformat(),
        **find_facts_age(found.facts_until, found.target.as_of).as_judged(),
        "target": {
            "instance": found.target.instance,
            "os": found.target.os.name if found.target.os else None,
            "python": found.target.python,
        },
        "sdk": found.sdk,
        "newest_sdk": found.newest_sdk,
        "newest_date": found.newest_date.isoformat(),
        "newer_in_part": [
            {"sdk": release.sdk, "date": release.date.isoformat()}
            for release in found.newer_in_part
        ],
        "upgrade_sdk": found.together_sdk,
        "upgrade_problem": found.problem or None,
        "held_back_by": list(found.held_back_by),
        "current": found.is_current,
        "packages": [
            {
                "ecosystem": age.key.ecosystem.value,
                "name": age.key.name,
                "current": age.current,
                "sdk": age.sdk,
                "newest": age.newest,
                "newest_sdk": age.newest_sdk,
                "upgrade": age.together,
                "outdated": age.is_outdated,
                "last_sdk": age.last_sdk,
                "replaced_by": age.replaced_by,
                "support": _support_document(age.ending),
            }
            for age in found.packages
        ],
        "target_support": [
            {"subject": label, **_support_document(ending)} for label, ending in found.target_parts
        ],
        "other_packages": found.others,
    }
    return json.dumps(document, indent=2) + "\n"


def _support_document(ending: Ending) -> dict[str, str | None]:
    return {
        "phase": ending.phase.label,
        "ends": ending.day.isoformat() if ending.day else None,
        "guaranteed_until": ending.guaranteed_until.isoformat(),
        "source": ending.source,
    }
