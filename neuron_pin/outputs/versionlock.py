"""Version locks: ``versionlock.list`` for dnf 4, ``versionlock.toml`` for dnf 5.

Source: dnf-plugins-core's versionlock(8), measured with dnf 4.14: the epoch has to be written,
a star is no wildcard over dots; dnf5-versionlock(8), whose values are no globs, so that a range
is two conditions.  Both files may have other people's locks in them: ours stand between
markers, see `outputs.section`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from neuron_pin.errors import CannotWrite, WrongUsage
from neuron_pin.fs.sections import remove_section
from neuron_pin.policy import Ecosystem, Pin, PinComparison
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.resolve.held_range import list_excluded

from .header import describe_judgment
from .system import suggest_system_output


def render_versionlock_list(resolution: Resolution, command: str) -> str:
    """Our section of ``/etc/dnf/plugins/versionlock.list``; raises `WrongUsage` without rpm
    packages."""
    lines = _head(resolution, command)
    # A comment behind a pattern would make dnf ignore the line.
    for package in _packages(resolution):
        lines += [f"{package.key.name}-{pattern}" for pattern in package.pin.to_rpm_patterns()]
        lines += [
            f"!{package.key.name}-{pattern}"
            for exclusion in list_excluded(package, resolution.target)
            for pattern in Pin(exclusion.version, PinComparison.UPSTREAM).to_rpm_patterns()
        ]
    return "\n".join(lines) + "\n"


def render_versionlock_toml(resolution: Resolution, command: str) -> str:
    """Our section of ``/etc/dnf/versionlock.toml``."""
    lines = _head(resolution, command)
    for package in _packages(resolution):
        reason = f"{package.key.name} {package.version}" + (
            f" of Neuron SDK {package.sdk}" if package.sdk else ""
        )
        excluded = [e.version for e in list_excluded(package, resolution.target)]
        for block in list_conditions(package.pin, excluded):
            lines += ["[[packages]]", f"name = {json.dumps(package.key.name)}"]
            lines.append(f"comment = {json.dumps(reason)}")
            for comparator, value in block:
                lines += ["[[packages.conditions]]", 'key = "evr"']
                lines.append(f"comparator = {json.dumps(comparator)}")
                lines.append(f"value = {json.dumps(value)}")
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def conditions(pin: Pin) -> list[tuple[str, str]]:
    """A pin as comparisons of epoch, version and release, all of which have to hold."""
    if pin.reach is PinComparison.FULL:
        text = pin.to_rpm()
        build = text.removesuffix("-*")
        # dnf 5 finds no release equal to none.
        return [("=", text)] if text == build else [(">=", build), ("<", f"{build}.0")]
    # The bound has no more parts than the pin: rpm takes the commit of 2.33.10.0_3dcef56f0 for
    # another part, whose first character says whether 2.33.10.0.0 is later than it.
    head, dot, last = pin.base.rpartition(".")
    return [(">=", f"0:{pin.base}"), ("<", f"0:{head}{dot}{int(last) + 1}")]


def check_lines_of_others(path: str, text: str, form: str) -> None:
    """Raise `CannotWrite` where a file, or what others wrote into it, is of the other program:
    dnf 4 takes a TOML line for a package that it does not find, and dnf 5 stops at a pattern.

    ``form`` is ``versionlock`` or ``versionlock-toml``.
    """
    wants_toml = form == "versionlock-toml"
    try:
        rest = remove_section(text)
    except ValueError:
        # Broken markers are reported by whoever writes.
        rest = ""
    is_toml = re.search(r"^[ \t]*(\[\[?\w|\w+[ \t]*=)", rest, re.M) is not None
    is_list = re.search(r"^[ \t]*!?[\w*?][^\s=\[]*-[^\s=]+[ \t]*$", rest, re.M) is not None
    if is_list if wants_toml else is_toml:
        mine, other = ("5", "4") if wants_toml else ("4", "5")
        raise CannotWrite(
            path,
            f"is a version lock of dnf {other}, and this one is for dnf {mine}; it was not changed",
            hint="dnf 4 reads /etc/dnf/plugins/versionlock.list, dnf 5 /etc/dnf/versionlock.toml",
        )


def list_conditions(pin: Pin, excluded: Sequence[str]) -> list[list[tuple[str, str]]]:
    """A pin without some of its versions, in their order: conditions of which all of one list have
    to hold.  dnf 5 has no condition for "another version, in any release", so that a range is cut
    in two at each."""
    whole = conditions(pin)
    if pin.reach is not PinComparison.PREFIX:
        return [whole]
    found = []
    (_, first), (_, below) = whole
    for version in excluded:
        if not version.rpartition(".")[2].isdecimal():
            # Published as a range ("14.09.x"): no package has it.
            continue
        (_, start), (_, after) = conditions(Pin(version, PinComparison.UPSTREAM))
        if start != first:
            found.append([(">=", first), ("<", start)])
        first = after
    if first != below:
        found.append([(">=", first), ("<", below)])
    return found


def _head(resolution: Resolution, command: str) -> list[str]:
    release = f", Neuron SDK {resolution.sdk}" if resolution.sdk else ""
    head = [f"#   {command}", f"# {resolution.target.label}{release}"]
    return [*head, *describe_judgment(resolution), *_LIMITS]


_LIMITS = (
    "# dnf also hides packages that obsolete a locked name, and dnf5 reposync on this host",
    "# copies only what is locked.",
)
"""What a lock does beyond its names; measured with dnf 4.14 and dnf 5.4.6."""


def _packages(resolution: Resolution) -> list[LockedPackage]:
    found = resolution.packages_of(Ecosystem.RPM)
    if not found:
        raise WrongUsage(
            "the lock has no rpm packages to write a version lock for",
            hint=suggest_system_output(resolution.target, Ecosystem.RPM),
        )
    return found
