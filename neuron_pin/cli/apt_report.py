"""``neuron-pin explain NAME --host``: what a machine's apt would do, as text and JSON."""

from __future__ import annotations

import json
import os

from neuron_pin.errors import UnknownName
from neuron_pin.inputs import Requirement
from neuron_pin.screen import Screen, columns

from .console import Console
from .options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuron_pin.audit.apt_view import AptView, VersionView
    from neuron_pin.inputs.host.apt_preferences import Stanza


def explain_host(requirement: Requirement, options: Options, console: Console) -> int:
    """Explain one package of a machine; 0 if apt has, or would take, a version that the
    requirement allows, else 1."""
    from neuron_pin.audit.apt_view import view_packages

    (found,) = view_packages(options.root or "/", [requirement.name])
    if not found.versions:
        raise UnknownName(
            "package",
            requirement.name,
            (),
            hint="this machine's package lists do not have it: sudo apt-get update; if that "
            "does not help: neuron-pin doctor",
        )
    shown = [v for v in found.versions if requirement.admits(v.version)]
    if options.format == "json":
        console.result(json.dumps(_document(found, shown), indent=2) + "\n")
    else:
        console.show("\n".join(_text(requirement, found, shown, console.screen)) + "\n")
    return 0 if found.candidate is not None and requirement.admits(found.candidate) else 1


def _outcome(found: AptView) -> str:
    now, candidate = found.installed, found.candidate
    if now is None:
        return f"would install {candidate}" if candidate else "would install nothing"
    held = ", on hold" if now.is_held else ""
    if candidate is None or candidate == now.version:
        return f"keeps the installed {now.version}{held}"
    if now.is_held:
        return f"keeps the installed {now.version}, on hold; {candidate} without the hold"
    return f"would change {now.version} to {candidate}"


def _place(stanza: Stanza) -> str:
    """``00-neuron-pin.pref:141``; of other files than those of preferences.d, the whole path."""
    folder, name = os.path.split(stanza.path)
    return f"{name if folder.endswith('preferences.d') else stanza.path}:{stanza.line}"


def _text(
    requirement: Requirement, found: AptView, shown: list[VersionView], screen: Screen
) -> list[str]:
    from neuron_pin.audit.apt_view import describe_stanza

    lines = [f"{requirement.text}: apt {_outcome(found)}", ""]
    rows = []
    for version in shown:
        marks = []
        if version.is_installed:
            marks.append("installed")
        if version.is_candidate:
            marks.append("candidate")
        decided = "apt's default"
        if version.stanza is not None:
            decided = f"{_place(version.stanza)} ({describe_stanza(version.stanza)})"
        if version.overridden is not None:
            decided += f", before {_place(version.overridden)}"
        places = ", ".join(version.places)
        rows.append((version.version, ", ".join(marks), str(version.priority), places, decided))
    lines += columns(("VERSION", "IS", "PRIORITY", "FROM", "DECIDED BY"), rows, screen)
    if len(shown) < len(found.versions):
        others = len(found.versions) - len(shown)
        lines += ["", f"{others} other versions do not match {requirement.text}"]
    return lines


def _document(found: AptView, shown: list[VersionView]) -> dict[str, object]:
    return {
        "schema_version": 1,
        "name": found.name,
        "installed": found.installed.version if found.installed else None,
        "held": found.installed.is_held if found.installed else False,
        "candidate": found.candidate,
        "versions": [
            {
                "version": version.version,
                "priority": version.priority,
                "from": list(version.places),
                "stanza": _stanza(version.stanza),
                "overrides": _stanza(version.overridden),
            }
            for version in shown
        ],
    }


def _stanza(stanza: Stanza | None) -> dict[str, object] | None:
    if stanza is None:
        return None
    return {
        "path": stanza.path,
        "line": stanza.line,
        "pin": f"{stanza.type.value} {stanza.data}",
        "priority": stanza.priority,
    }
