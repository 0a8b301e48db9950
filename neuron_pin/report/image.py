"""Images for people and programs: what is in one, its phases, what a newer one changes; and the
lines that there are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from neuron_pin.catalog import Catalog, FactsAge
from neuron_pin.catalog.image_contents import describe_framework
from neuron_pin.catalog.known_in_part import describe_newer_releases
from neuron_pin.catalog.newness import Standing, describe_newer_release
from neuron_pin.catalog.sources import find_source_url, shorten_source
from neuron_pin.inputs.images import NamedContainer, NamedMachine
from neuron_pin.policy import Phase, SubjectKind
from neuron_pin.printable import make_printable
from neuron_pin.screen import PLAIN, Screen, columns

from .changes import changes_row, describe_changes
from .diff import HEAD, differences_document, list_rows

if TYPE_CHECKING:
    from neuron_pin.catalog.support import Part
    from neuron_pin.inputs.images import NamedImage
    from neuron_pin.operations.diff import Comparison
    from neuron_pin.operations.image import ImageLine, ImageReport, Newer

SCHEMA_VERSION = 1
NO_UPDATES = (
    "none; what is fixed comes with newer images "
    '[maintenance policy, "Neuron DLAMIs and DLCs Updates"]'
)
_WIDTH = 10


def render_images(
    reports: Sequence[ImageReport], catalog: Catalog, *, everything: bool, screen: Screen = PLAIN
) -> str:
    """The reports, one below the other; of the changes also what is equal where ``everything``
    is wanted."""
    texts = [
        "\n".join(_list_lines(report, catalog, everything=everything, screen=screen))
        for report in reports
    ]
    return "\n\n".join(texts) + "\n"


def _list_lines(
    report: ImageReport, catalog: Catalog, *, everything: bool, screen: Screen
) -> Iterator[str]:
    yield make_printable(report.named.label)
    for word, text in _list_facts(report, catalog):
        yield make_printable(f"  {word:{_WIDTH}} {text}")
    if report.contents:
        rows = [
            (c.name, ", ".join(c.versions) or "not known", _join_phases(c.phases))
            for c in report.contents
        ]
        yield ""
        yield from columns(("PACKAGE", "VERSION", "PHASE"), rows, screen)
    if report.changes is not None:
        yield ""
        yield from _list_changes(report.changes, everything=everything, screen=screen)


def _list_facts(report: ImageReport, catalog: Catalog) -> Iterator[tuple[str, str]]:
    named = report.named
    if isinstance(named, NamedContainer):
        yield from _list_container(named)
    else:
        yield from _list_machine(named)
    if named.standing is Standing.NEWER:
        yield "facts", f"{describe_newer_release(catalog)}: read from its name alone"
    elif isinstance(named, NamedMachine) and named.is_older:
        yield (
            "facts",
            f"built before the first release that the facts of {catalog.announced} have of this "
            "name: what is in it is not known",
        )
    elif named.standing is not Standing.KNOWN:
        yield (
            "facts",
            f"not in the facts of {catalog.announced}: read from its name alone, which may be "
            "mistyped",
        )
        if report.near:
            yield "listed", f"of SDK {report.sdk}: {', '.join(report.near)}"
    yield "SDK", _describe_release(report)
    if isinstance(named, NamedMachine) and named.name.built is not None:
        shown = ""
        if named.image is not None:
            shown = f"; to see one: neuron-pin image '{named.image_name}@{named.sdk}'"
        yield "", f"the description of the AMI names it{shown}"
    yield from _list_phases(report)
    yield "updates", NO_UPDATES
    if report.newest is not None:
        yield "newest", _describe_newer_image(report.newest)
        if report.same_framework is not None:
            yield _name_series(named), _describe_newer_image(report.same_framework)
    elif named.standing is Standing.KNOWN:
        later = describe_newer_releases(catalog, report.as_of)
        yield "newest", f"this one, by the facts of {catalog.announced}{'; ' * bool(later)}{later}"
    source = _find_source(report)
    if source:
        yield "source", shorten_source(source)


def _list_container(named: NamedContainer) -> Iterator[tuple[str, str]]:
    image = named.image
    if image.repository:
        yield "pull", f"{named.registry}/{image.label}" if named.registry else image.reference
        others = [r for r in image.registries if not image.reference.startswith(f"{r}/")]
        if others and not named.registry:
            yield "also in", ", ".join(others)
    yield "framework" if image.framework else "version", describe_framework(image)
    yield "Python", image.python or "not known"
    yield "system", image.os or "not known"
    if image.instances:
        yield "instances", ", ".join(sorted(image.instances))


def _list_machine(named: NamedMachine) -> Iterator[tuple[str, str]]:
    name, image = named.name, named.image
    if name.has_framework:
        yield "framework", f"{name.form} {name.version}".rstrip()
    else:
        yield "kind", name.form
    yield "system", name.os
    if name.built is not None:
        yield "built", str(name.built)
    if image is None:
        return
    yield "instances", ", ".join(sorted(image.instances)) or "not known"
    if image.parameter:
        note = "; it leads to another image with each release" if named.follows else ""
        yield "SSM", f"{image.parameter}/latest/image_id{note}"
    for folder, libraries in image.environments.items():
        yield "has", f"{folder}: {libraries}"


def _describe_release(report: ImageReport) -> str:
    if not report.sdk:
        return "not in its name"
    named = report.named
    day = f" of {report.released}" if report.released is not None else ""
    limit = " or earlier" if isinstance(named, NamedMachine) and named.at_most else ""
    note = f": {report.status.note}" if report.status is not None and report.status.note else ""
    return f"{report.sdk}{day}{limit}{note}"


def _list_phases(report: ImageReport) -> Iterator[tuple[str, str]]:
    for part in report.parts:
        text = describe_part(part)
        if text:
            yield "phase", f"{part.subject.label}: {text}"


def describe_part(part: Part) -> str:
    """``eos since 2026-08-17 [containers, 2.32.0, line 31]``; what ends is told with its day."""
    event, ends = part.event, part.floor.announced
    since = f" since {event.effective}" if event is not None and event.effective else ""
    source = f" [{shorten_source(event.source)}]" if event is not None else ""
    if part.phase is not Phase.EOS and ends is not None and part.floor.event is not None:
        source = f"{source}; ends {ends} [{shorten_source(part.floor.event.source)}]"
    elif part.phase is not Phase.EOS and part.floor.event is not None and event is None:
        source = (
            f"; its end is announced, without a day [{shorten_source(part.floor.event.source)}]"
        )
    return f"{part.phase.label}{since}{source}"


def _name_series(named: NamedImage) -> str:
    """What the newest image with the same framework version is called: ``with 2.8``."""
    version = named.image.version if isinstance(named, NamedContainer) else named.name.version
    return f"with {'.'.join(version.split('.')[:2])}" if version else "same name"


def _describe_newer_image(newer: Newer) -> str:
    day = f" of {newer.day}" if newer.day is not None else ""
    return f"{newer.reference or newer.name} (SDK {newer.sdk}{day})"


def _find_source(report: ImageReport) -> str:
    image = report.named.image
    return image.source if image is not None else ""


def _join_phases(phases: Sequence[Phase]) -> str:
    return ", ".join(dict.fromkeys(phase.label for phase in phases)) or "-"


def _list_changes(changes: Comparison, *, everything: bool, screen: Screen) -> Iterator[str]:
    yield make_printable(f"What changes with {changes.new.label}:")
    shown = [d for d in changes.differences if everything or not d.is_equal]
    if shown:
        yield from columns(HEAD, list_rows(shown), screen)
    support = changes.support
    if support is not None:
        yield ""
        for word, (gained, lost) in (
            ("Python", support.pythons),
            ("operating system", support.systems),
            ("instances", support.instances),
        ):
            if gained or lost:
                yield f"{word}: {describe_changes(gained, lost)}"
    for remark in (*changes.losses, *changes.notes):
        yield make_printable(remark)


# Lines -----------------------------------------------------------------------------------


def render_lines(lines: Sequence[ImageLine], screen: Screen = PLAIN) -> str:
    """A table of lines, each with its newest image."""
    rows = [
        (
            line.name,
            line.newest.sdk,
            str(line.newest.day or "-"),
            _describe_phase(line),
            line.newest.reference or line.newest.name,
        )
        for line in lines
    ]
    return "\n".join(columns(("LINE", "SDK", "DATE", "PHASE", "NEWEST IMAGE"), rows, screen)) + "\n"


def _describe_phase(line: ImageLine) -> str:
    first = next((part for part in line.parts if part.phase is Phase.EOS), None)
    if first is None:
        return Phase.STABLE.label if line.goes_on else f"last in {line.newest.sdk}"
    event = first.event
    since = f" {event.effective}" if event is not None and event.effective else ""
    return f"{first.phase.label}{since}"


# JSON ------------------------------------------------------------------------------------


def images_document(reports: Sequence[ImageReport], age: FactsAge) -> str:
    """The document of ``neuron-pin image NAME``."""
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        **age.as_judged(),
        "images": [_image_document(report) for report in reports],
    }
    return json.dumps(document, indent=2) + "\n"


def _image_document(report: ImageReport) -> dict[str, Any]:
    named = report.named
    source = _find_source(report)
    row: dict[str, Any] = {
        "name": named.label,
        "kind": SubjectKind.DLC.value if isinstance(named, NamedContainer) else "dlami",
        "standing": named.standing.value,
        "sdk": report.sdk or None,
        "sdk_is_limit": isinstance(named, NamedMachine) and named.at_most,
        "released": report.released.isoformat() if report.released else None,
    }
    if isinstance(named, NamedContainer):
        image = named.image
        row |= {
            "reference": image.reference,
            "registries": list(image.registries),
            "framework": image.framework or None,
            "framework_version": image.version,
            "python": image.python or None,
            "os": image.os or None,
            "instances": sorted(image.instances),
            "parameter": None,
            "environments": {},
        }
    else:
        machine = named.image
        row |= {
            "reference": None,
            "registries": [],
            "framework": named.name.form if named.name.has_framework else None,
            "framework_version": named.name.version or None,
            "python": None,
            "os": named.name.os,
            "instances": sorted(machine.instances) if machine is not None else [],
            "parameter": machine.parameter or None if machine is not None else None,
            "environments": dict(machine.environments) if machine is not None else {},
        }
    return row | {
        "lifecycle": [_part_document(part) for part in report.parts],
        "updates": "none",
        "packages": [
            {
                "name": content.name,
                "versions": list(content.versions),
                "phases": [phase.label for phase in content.phases],
            }
            for content in report.contents
        ],
        "near": list(report.near),
        "newest": _newer_document(report.newest),
        "same_framework": _newer_document(report.same_framework),
        "changes": _changes_document(report.changes) if report.changes is not None else None,
        "source": source or None,
        "source_url": find_source_url(source) if source else None,
    }


def _part_document(part: Part) -> dict[str, Any]:
    event, ends = part.event, part.floor.announced
    return {
        "kind": part.subject.kind.value,
        "subject": part.subject.label,
        "phase": part.phase.label,
        "since": event.effective.isoformat() if event is not None and event.effective else None,
        "ends": ends.isoformat() if ends is not None else None,
        "source": event.source if event is not None else None,
    }


def _newer_document(newer: Newer | None) -> dict[str, Any] | None:
    if newer is None:
        return None
    return {
        "name": newer.name,
        "reference": newer.reference or None,
        "sdk": newer.sdk,
        "released": newer.day.isoformat() if newer.day else None,
    }


def _changes_document(changes: Comparison) -> dict[str, Any]:
    support = changes.support
    return {
        "update": support.update.value if support is not None else None,
        "packages": differences_document([d for d in changes.differences if not d.is_equal]),
        "pythons": changes_row(*(support.pythons if support is not None else ((), ()))),
        "systems": changes_row(*(support.systems if support is not None else ((), ()))),
        "instances": changes_row(*(support.instances if support is not None else ((), ()))),
        "notes": [*changes.losses, *changes.notes],
    }


def lines_document(lines: Sequence[ImageLine], age: FactsAge) -> str:
    """The document of ``neuron-pin image``."""
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        **age.as_judged(),
        "lines": [
            {
                "kind": line.kind.value,
                "name": line.name,
                "images": line.known,
                "goes_on": line.goes_on,
                "newest": _newer_document(line.newest),
                "lifecycle": [_part_document(part) for part in line.parts],
            }
            for line in lines
        ],
    }
    return json.dumps(document, indent=2) + "\n"
