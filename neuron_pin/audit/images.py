"""Images checked against the policy: what their names tell, wherever they are named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from neuron_pin.catalog import Catalog, sdk_key
from neuron_pin.catalog.image_contents import describe_framework
from neuron_pin.catalog.image_names import parse_container_tag, split_reference
from neuron_pin.catalog.image_support import find_container_parts
from neuron_pin.catalog.images import (
    PUBLIC,
    ContainerImage,
    find_released_day,
    find_same_framework,
    list_public,
    load_images,
)
from neuron_pin.catalog.newness import Standing, judge_release
from neuron_pin.catalog.support import Part, find_target_parts, package_part
from neuron_pin.errors import UnknownName, nearest
from neuron_pin.inputs.containers.image_reference import BaseImage, read_image_name
from neuron_pin.inputs.images import read_unlisted
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, PackageKey, Rule, SubjectKind
from neuron_pin.target import Target

from .finding import Finding, Severity
from .newer import check_newer_release, check_newer_target
from .part import check_part
from .remedy import target_remedy

MAX_NEAR = 2
"""Tags that a remedy names for one that no list has."""

VENDORS = re.compile(
    r"public\.ecr\.aws/(?:neuron|deep-learning-containers)/"
    r"|763104351884\.dkr\.ecr\.[\w-]+\.amazonaws\.com(?:\.cn)?/"
)
"""Where the vendor publishes containers.  Source: the tables of images in
aws/deep-learning-containers, available_images.md, and the README of
aws-neuron/deep-learning-containers."""


def check_image_reference(
    reference: str,
    place: str,
    catalog: Catalog,
    make_target: Callable[[str | None, str], Target],
    within_days: int,
) -> list[Finding]:
    """What there is to say of an image by its reference (``registry/repository:tag@digest``),
    wherever that stands: a manifest, a compose file, a workflow.  Nothing of an image that is
    not Neuron's.

    ``make_target`` gives the target for a Python and an operating system, as those of recipes do.
    """
    base = read_image_name(reference, 0)
    if not base.repository and not base.sdk:
        return []
    try:
        target = make_target(base.python, base.os)
    except UnknownName:
        target = make_target(base.python, "")
    found = list(check_image(base, place, catalog, target, within_days))
    if base.os or base.python:
        found += check_newer_target(target, catalog, place)
    if base.sdk:
        key = PackageKey(Ecosystem.SDK, "neuron-sdk")
        found += check_newer_release(DetectedPackage(key, base.sdk, None, "", place), catalog)
    return list(dict.fromkeys(found))


def check_image(
    base: BaseImage, place: str, catalog: Catalog, target: Target, within_days: int
) -> Iterator[Finding]:
    """The phases of what an image's name tells of, whether there is a newer image of its line,
    and whether any list has its tag."""

    def finding(rule: Rule, severity: Severity, reason: str, remedy: str = "") -> Finding:
        return Finding(rule, severity, base.name, reason, place, remedy)

    registry, _, tag = split_reference(base.name)
    image, line = _find_image(base, tag, catalog)
    for part in _list_parts(base, image, catalog, target):
        is_place = part.subject.kind in (SubjectKind.PYTHON, SubjectKind.OS)
        ended = Rule.TARGET_ENDED if is_place else Rule.END_OF_SUPPORT
        remedy = target_remedy(part, catalog, target)
        if part.subject.kind is SubjectKind.DLC and _is_within(base.sdk, remedy, line):
            # It is one already.
            remedy = ""
        yield from check_part(part, target.as_of, within_days, finding, ended, remedy)
    if image is None or not line:
        yield from _check_name(base, registry, tag, catalog, finding)
        return
    if image.source or not _is_listable(image, line):
        yield from _check_newest(image, line, registry, catalog, target, finding)
    elif judge_release(catalog, image.sdk) is not Standing.NEWER:
        yield _report_unlisted(image.repository, image.tag, line, catalog, finding)


def _find_image(
    base: BaseImage, tag: str, catalog: Catalog
) -> tuple[ContainerImage | None, list[ContainerImage]]:
    """The image of a name and the known images of its line, newest first: none of a name without
    a tag of Neuron's form."""
    if not base.repository or parse_container_tag(tag) is None:
        return None, []
    images = load_images(catalog)
    image, _ = read_unlisted(base.repository, tag, images)
    line = images.list_line(base.repository)
    return images.find_container(base.repository, image.tag) or image, line


def _list_parts(
    base: BaseImage, image: ContainerImage | None, catalog: Catalog, target: Target
) -> Iterator[Part]:
    """The parts of an image that its name tells of."""
    as_of = target.as_of
    if base.framework and base.framework_version:
        version = base.framework_version
        yield package_part(catalog, base.framework, version, target.family, as_of)
    if base.repository:
        whole = image if image is not None else _bare(base)
        yield from find_container_parts(catalog, whole, target.family, as_of)
    system = target.os if base.os else None
    yield from find_target_parts(
        catalog, python=base.python, system=system, instance=None, as_of=as_of
    )


def _bare(base: BaseImage) -> ContainerImage:
    """What is known of an image whose tag has another form."""
    nothing: frozenset[str] = frozenset()
    return ContainerImage(
        base.repository, "", "", "", base.sdk, base.python, base.os, nothing, {}, None, ""
    )


def _is_within(sdk: str, remedy: str, line: Iterable[ContainerImage]) -> bool:
    """Whether an image of a release is one of those that a remedy sends to: ``move to DLCs of
    2.31.0 or earlier``, or a later patch of that release, of which the line has images."""
    last = re.search(r"\bof (\d+\.\d+\.\d+) or earlier$", remedy)
    if last is None or not sdk:
        return False
    return sdk_key(sdk) <= sdk_key(last[1]) or any(image.sdk == sdk for image in line)


def _is_listable(image: ContainerImage, line: Iterable[ContainerImage]) -> bool:
    """Whether lists would have the image: its tag says everything, and they have others of its
    line and its release."""
    whole = bool(image.sdk and image.python and image.os)
    return whole and any(other.sdk == image.sdk for other in line)


Make = Callable[[Rule, Severity, str, str], Finding]


def _check_newest(
    image: ContainerImage,
    line: list[ContainerImage],
    registry: str,
    catalog: Catalog,
    target: Target,
    finding: Make,
) -> Iterator[Finding]:
    """NP618: there is a newer image of the line, and this one gets no updates."""
    public = list_public(catalog, line, target.as_of)
    if not image.sdk or not public or public[0].order <= image.order:
        return
    newest = public[0]
    came = f" of {catalog.dates[image.sdk]}" if image.sdk in catalog.dates else ""
    reason = (
        f"images get no updates: this one has SDK {image.sdk}{came}, and the newest of "
        f"{image.repository} has SDK {newest.sdk} of {find_released_day(catalog, newest)} "
        f"[{newest.source}]"
    )
    remedy = f"move to {_spell(newest, registry)}"
    same = find_same_framework(image, public)
    if same is not None and same != newest:
        remedy += f", or with {describe_framework(image)} to {_spell(same, registry)}"
    yield finding(Rule.OLDER_IMAGE, Severity.WARNING, reason, remedy)


def _spell(image: ContainerImage, registry: str) -> str:
    return f"{registry}/{image.label}" if registry else image.reference


def _check_name(
    base: BaseImage, registry: str, tag: str, catalog: Catalog, finding: Make
) -> Iterator[Finding]:
    """NP508: a tag of a known repository, or a repository in the vendor's registry, that is
    written as no public list has it.  What a newer release has may be called otherwise."""
    if judge_release(catalog, base.sdk) is Standing.NEWER or re.search(r"[${]", base.name):
        return
    images = load_images(catalog)
    line = images.list_line(base.repository)
    if line and re.search(r"neuron|sdk", tag):
        yield _report_unlisted(base.repository, tag, line, catalog, finding)
    elif not line and registry == PUBLIC and base.sdk:
        near = nearest(base.repository, images.registries)
        if near:
            reason = describe_unlisted(catalog, f"repository {base.repository}")
            remedy = f"did you mean {' or '.join(near)}?"
            yield finding(Rule.UNKNOWN_VERSION, Severity.WARNING, reason, remedy)


def report_without_version(text: str, tag: str, when: str, place: str) -> Finding:
    """NP504: an image of the vendor's that is another one on another day; ``when`` says on which
    day it is decided."""
    what = f"the tag {tag}" if tag else "no tag"
    reason = f"{what}: which release runs depends on the day that {when}"
    remedy = "name a tag with its release, as sdk2.31.0"
    return Finding(Rule.NO_VERSION, Severity.WARNING, text, reason, place, remedy)


def check_base_version(base: BaseImage, place: str, when: str = "it is built") -> Iterator[Finding]:
    """NP504 of a recipe's image: another one ``when`` the recipe is used on another day."""
    _, repository, tag = split_reference(base.name)
    is_open = "@" in base.name or "$" in base.name
    if VENDORS.match(base.name) and repository and tag in ("", "latest") and not is_open:
        yield report_without_version(base.name, tag, when, place)


def describe_unlisted(catalog: Catalog, what: str) -> str:
    """What the lists of images do not have, and up to which day they were read."""
    return f"the public lists of images, read up to {catalog.announced}, have no {what}"


def _report_unlisted(
    repository: str, tag: str, line: list[ContainerImage], catalog: Catalog, finding: Make
) -> Finding:
    """NP508: no public list has the tag, though they have others of that line."""
    parsed = parse_container_tag(tag)
    reason = describe_unlisted(catalog, f"such tag of {repository}")
    if parsed is not None:
        near = [other.tag for other in line if other.sdk == parsed.sdk][:MAX_NEAR]
        remedy = f"of SDK {parsed.sdk} they have {' and '.join(near)}"
    else:
        near = list(nearest(tag, [other.tag for other in line])) or [line[0].tag]
        remedy = f"did you mean {' or '.join(near)}?"
    return finding(Rule.UNKNOWN_VERSION, Severity.WARNING, reason, remedy)
