"""What was announced of images: that a line ends, or all that are of an operating system.

Announcements name images by words (``pytorch 2.9 single-framework``, ``ubuntu 22.04``); one is of
every image that has all of its words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from neuron_pin.policy import Event, Subject, SubjectKind, phase_at
from neuron_pin.policy.support import support_floor

from .catalog import Catalog
from .image_names import BASE, INF1, MULTI, MachineName
from .images import PUBLIC, ContainerImage
from .support import Part

_SYSTEMS = {"ubuntu": "ubuntu", "amzn": "amazonlinux", "rocky": "rocky"}


def find_container_parts(
    catalog: Catalog, image: ContainerImage, family: str | None, as_of: date
) -> list[Part]:
    """The phase of a container image by what was announced of its line and its operating system:
    the line first."""
    words = {image.repository, image.framework, ".".join(image.version.split(".")[:2])}
    if PUBLIC in image.registries:
        # Images that others make of the SDK are not those that the vendor no longer makes.
        words.update(_spell_system(image.os))
    own = Subject(SubjectKind.DLC, image.repository)
    return list(_list_parts(catalog, own, words, family, as_of))


def find_machine_parts(
    catalog: Catalog, name: MachineName, sdk: str, family: str | None, as_of: date
) -> list[Part]:
    """The same of a machine image of a release."""
    kind = name.form if name.form in (MULTI, BASE) else "single-framework"
    words = {kind, *_spell_system(name.os), *name.form.removesuffix(INF1).split("-")}
    words |= {".".join(name.version.split(".")[:2]), "release", sdk, "dlamis"}
    return list(_list_parts(catalog, Subject(SubjectKind.DLAMI, ""), words, family, as_of))


def _list_parts(
    catalog: Catalog, own: Subject, words: Collection[str], family: str | None, as_of: date
) -> Iterator[Part]:
    """The subjects of a kind that are of an image, the most particular first; its line, if it has
    a name, whether or not anything was announced of it."""
    groups: dict[Subject, list[Event]] = {own: []} if own.name else {}
    known = {word.lower() for word in words if word}
    for event in catalog.events:
        if event.kind is not own.kind or event.announced > as_of:
            continue
        if set(event.name.lower().split()) <= known:
            groups.setdefault(event.subject, []).append(event)
    for subject in sorted(groups, key=lambda s: (s != own, -len(s.name.split()), s.name)):
        events = groups[subject]
        fact = phase_at(events, subject.name, "", family, as_of)
        floor = support_floor(
            subject,
            events,
            as_of=as_of,
            facts_of=catalog.announced,
            phase=fact.phase,
            family=family,
            early=fact.early,
        )
        named = subject if subject == own else subject._replace(name=_name(subject))
        yield Part(named, fact.phase, fact.event, floor)


def _name(subject: Subject) -> str:
    """What announcements call images, so that it is no operating system and no package."""
    kind = subject.kind.value.upper()
    if subject.name.startswith(tuple(_SYSTEMS.values())):
        return f"{kind} on {subject.name}"
    return subject.name if kind.lower() in subject.name.lower() else f"{kind} of {subject.name}"


def _spell_system(name: str) -> tuple[str, ...]:
    """``ubuntu22.04`` as announcements have it: two words, none for an unknown one."""
    for prefix, word in _SYSTEMS.items():
        if name.startswith(prefix):
            return word, name[len(prefix) :]
    return ()
