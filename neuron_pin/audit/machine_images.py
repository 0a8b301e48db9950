"""Machine images checked against the policy by the names that templates ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from neuron_pin.catalog import Catalog, sdk_key
from neuron_pin.catalog.image_names import MAX_LENGTH, parse_machine_name
from neuron_pin.catalog.image_support import find_machine_parts
from neuron_pin.catalog.images import Images, list_public_machines, load_images
from neuron_pin.catalog.newness import UPDATE, Standing, describe_newer_release
from neuron_pin.catalog.support import find_target_parts
from neuron_pin.errors import UnknownName
from neuron_pin.inputs.images import NamedMachine, find_images, list_image_names
from neuron_pin.policy import Rule
from neuron_pin.target import Target

from .finding import Finding, Severity
from .images import describe_unlisted
from .part import check_part
from .remedy import target_remedy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .part import MakeFinding

_ANY = re.compile(r"[\s*?]+$")
"""What stands for the day of a name (``… (Ubuntu 24.04) *``, ``… ????????``)."""


def check_machine_image(
    text: str, place: str, catalog: Catalog, target: Target, within_days: int
) -> Iterator[Finding]:
    """What there is to say of a machine image by its name, which may have a pattern in the place
    of its day, or by its parameter; nothing of one that is not Neuron's.

    Of a pattern it is the newest image of that name on the target's day.
    """
    if len(text) > MAX_LENGTH:
        return
    plain = _ANY.sub("", text)
    images = load_images(catalog)

    def finding(rule: Rule, severity: Severity, reason: str, remedy: str = "") -> Finding:
        return Finding(rule, severity, text, reason, place, remedy)

    matched = _match(text, images) if parse_machine_name(plain) is None else []
    if matched:
        reason = f"the names of {len(matched)} known images match: which one is taken depends on "
        reason += "the day that it is asked for"
        remedy = f"write one out, with * for its day alone: {matched[0]} *"
        yield finding(Rule.NO_VERSION, Severity.WARNING, reason, remedy)
        return
    try:
        (named,) = find_images(plain, catalog, target.as_of)
    except UnknownName as error:
        if error.near and re.search(r"\bneuron\b", plain, re.IGNORECASE):
            reason = describe_unlisted(catalog, "such name of an AMI")
            remedy = f"did you mean {' or '.join(error.near)}?"
            yield finding(Rule.UNKNOWN_VERSION, Severity.WARNING, reason, remedy)
        return
    if not isinstance(named, NamedMachine):
        return
    for part in find_machine_parts(catalog, named.name, named.sdk, target.family, target.as_of):
        remedy = target_remedy(part, catalog, target)
        yield from check_part(part, target.as_of, within_days, finding, remedy=remedy)
    system = catalog.find_system(named.name.os)
    for part in find_target_parts(
        catalog, python=None, system=system, instance=None, as_of=target.as_of
    ):
        remedy = target_remedy(part, catalog, target)
        yield from check_part(part, target.as_of, within_days, finding, Rule.TARGET_ENDED, remedy)
    if named.standing is Standing.NEWER:
        reason = f"{describe_newer_release(catalog)}: what is in it is not known"
        yield finding(Rule.NEWER_THAN_FACTS, Severity.WARNING, reason, UPDATE)
    elif named.standing is Standing.UNKNOWN and not named.is_older:
        near = [name for name in list_image_names(images) if _is_like(name, named)]
        reason = describe_unlisted(catalog, "such name of an AMI")
        remedy = f"of this kind they have {' and '.join(near[:2])}" if near else ""
        yield finding(Rule.UNKNOWN_VERSION, Severity.WARNING, reason, remedy)
    yield from _check_newest(named, images, catalog, target, finding)


def _match(text: str, images: Images) -> list[str]:
    """The known names that a pattern of EC2 (``*`` and ``?`` alone) matches, with any day."""
    if not {"*", "?"} & set(text):
        return []
    pattern = text.replace("[", "[[]")
    names = dict.fromkeys(image.name for image in images.machines)
    return [name for name in names if fnmatchcase(f"{name} 20260101", pattern)]


def _is_like(name: str, named: NamedMachine) -> bool:
    return name.startswith(named.asked.partition("(")[0].rstrip("0123456789. ")) and "(" in name


def _check_newest(
    named: NamedMachine, images: Images, catalog: Catalog, target: Target, finding: MakeFinding
) -> Iterator[Finding]:
    """NP618: there is a newer image of the line, and this one gets no updates."""
    rows = list_public_machines(images, catalog, named.name.line, target.as_of)
    if not named.sdk or not rows or sdk_key(rows[0][1]) <= sdk_key(named.sdk):
        return
    newest, sdk = rows[0]
    limit = " or earlier" if named.at_most else ""
    own = f"{named.sdk} of {catalog.dates[named.sdk]}{limit}"
    reason = (
        f"images get no updates: this one has SDK {own}, and the newest of its kind has SDK {sdk} "
        f"of {catalog.dates[sdk]} [{newest.source}]"
    )
    where = f"{newest.parameter}/latest/image_id" if newest.parameter else newest.name
    yield finding(Rule.OLDER_IMAGE, Severity.WARNING, reason, f"move to {where}")
