"""apt preferences: three stanzas a package, which apt obeys in every state of the host.

Source: apt_preferences(5).  The first stanza that matches a version decides, so:

0. of a range, versions that a rule excludes get -1,
1. every version outside the allowed set gets -1, wherever it comes from,
2. what is left gets 990 if it comes from Neuron's host,
3. everything else gets -1.

990 and not more: from 1000 on apt downgrades, and then every unattended run fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from neuron_pin.errors import WrongUsage
from neuron_pin.policy import Ecosystem, Pin, PinComparison
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.resolve.held_range import list_excluded

from .header import describe_judgment, make_header
from .system import suggest_system_output

ALLOWED = 990
NEVER = -1


def render_apt_preferences(resolution: Resolution, command: str) -> str:
    """The text of a file for /etc/apt/preferences.d; raises `WrongUsage` without apt packages."""
    packages = resolution.packages_of(Ecosystem.APT)
    if not packages:
        raise WrongUsage(
            "the lock has no apt packages to write preferences for",
            hint=suggest_system_output(resolution.target, Ecosystem.APT),
        )
    lines = [*make_header(command), *describe_judgment(resolution)]
    for package in packages:
        lines += ["", *_stanzas(package, resolution)]
    return "\n".join(lines) + "\n"


def _stanzas(package: LockedPackage, resolution: Resolution) -> list[str]:
    name, target = package.key.name, resolution.target
    pin = package.pin
    host = urlsplit(package.source).hostname or ""
    release = f" of Neuron SDK {package.sdk}" if package.sdk else ""
    expiry = (
        [f"Explanation: neuron-pin: expires {resolution.expires}"] if resolution.expires else []
    )
    return [
        *_excluded(package, resolution),
        f"Explanation: neuron-pin: {name} {package.version}{release} for {target.label}",
        *expiry,
        f"Explanation: NP301, NP501: no other version than {pin.to_apt()} is in the lock",
        f"Package: {name}",
        f"Pin: version /{render_outside_pin(pin)}/",
        f"Pin-Priority: {NEVER}",
        "",
        f"Explanation: NP401: {name} is taken from this host",
        f"Package: {name}",
        f'Pin: origin "{host}"',
        f"Pin-Priority: {ALLOWED}",
        "",
        f"Explanation: NP401: {name} from anywhere else is not trusted",
        f"Package: {name}",
        "Pin: version *",
        f"Pin-Priority: {NEVER}",
    ]


def _excluded(package: LockedPackage, resolution: Resolution) -> list[str]:
    """A stanza for the versions of a range that rules exclude for the target, where there are
    any."""
    excluded = list_excluded(package, resolution.target)
    if not excluded:
        return []
    rules = ", ".join(sorted({exclusion.rule.identifier for exclusion in excluded}))
    versions = "|".join(re.escape(exclusion.version) for exclusion in excluded)
    return [
        f"Explanation: {rules}: versions of {package.pin.to_apt()} that are excluded",
        f"Package: {package.key.name}",
        f"Pin: version /^({versions})(-|$)/",
        f"Pin-Priority: {NEVER}",
        "",
    ]


def render_outside_pin(pin: Pin) -> str:
    """The expression for every version that a pin does not admit."""
    if pin.reach is PinComparison.PREFIX:
        return find_outside([f"{pin.base}."], [])
    if pin.reach is PinComparison.UPSTREAM:
        # Some packages are published without a revision, most with one.
        return find_outside([f"{pin.base}-"], [pin.base])
    return find_outside([], [pin.base])


def find_outside(prefixes: Iterable[str], exact: Iterable[str]) -> str:
    """A POSIX extended regular expression for every version that begins with none of the
    prefixes and is none of the exact ones.

    ERE has no look-ahead, so the complement is built letter by letter as a trie.  Raises
    `ValueError` for an empty set: its complement would be everything.
    """
    allowed = [(prefix, True) for prefix in prefixes] + [(text, False) for text in exact]
    if not allowed or any(not text for text, _ in allowed):
        raise ValueError("nothing would be allowed")
    return "^" + _node(allowed)


def _node(allowed: list[tuple[str, bool]]) -> str:
    """The expression for what is refused from here on; empty if nothing is."""
    if ("", True) in allowed:
        return ""
    heads = sorted({text[0] for text, _ in allowed if text})
    refused = [] if ("", False) in allowed else ["$"]
    if heads:
        # A dash stands last in a bracket expression, or it makes a range.
        refused.append("[^" + "".join(sorted(heads, key=lambda char: char == "-")) + "]")
    else:
        refused.append(".")
    for head in heads:
        rest = _node([(text[1:], prefix) for text, prefix in allowed if text[:1] == head])
        if rest:
            literal = head if head.isalnum() or head in "-~:" else "\\" + head
            refused.append(literal + rest)
    return "(" + "|".join(refused) + ")"
