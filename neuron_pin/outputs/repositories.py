"""Where system packages come from: ``neuron.sources`` for apt, ``neuron.repo`` for dnf.

Source: sources.list(5), "DEB822-STYLE FORMAT"; dnf.conf(5), "REPO OPTIONS".  Neuron's key is
named, not fetched: whom to trust is for the user to say.
"""

from __future__ import annotations

from neuron_pin.catalog import OperatingSystem
from neuron_pin.errors import WrongUsage
from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import Resolution
from neuron_pin.target.tags import find_architecture

from .header import make_header
from .system import suggest_system_output

KEYRING = "/etc/apt/keyrings/neuron.asc"
KEY_NAME = "GPG-PUB-KEY-AMAZON-AWS-NEURON.PUB"
"""Where the source expects the key on most systems, and what it is called beside the
repositories."""

KEY_FINGERPRINT = "00FA2C1079260870A76D2C285749CAD8646D9185"
"""The whole fingerprint of Neuron's signing key.  Source: its end is what apt shows in the
vendor's setup-troubleshooting.rst; Bottlerocket's packages name the key's file by it."""


def find_keyring(system: OperatingSystem | None) -> str:
    """Where the key is on an operating system: where the vendor's own set-up has it, so that one
    machine has one copy."""
    return system.keyring if system is not None and system.keyring else KEYRING


def list_key_commands(url: str, keyring: str) -> list[str]:
    """The commands that fetch Neuron's key, verify it, and put it in its place.

    apt takes a file called ``.gpg`` for a binary one, and the key is published with armor.
    Source: apt-secure(8), sources.list(5), "Signed-By".
    """
    new = f"{keyring}.new"
    commands = [f"curl -fsSL {url}/{KEY_NAME} -o {new}", check_fingerprint(new)]
    if keyring.endswith(".gpg"):
        return [*commands, f"gpg --batch --yes --dearmor -o {keyring} {new}", f"rm -f {new}"]
    return [*commands, f"mv -f {new} {keyring}"]


def check_fingerprint(path: str) -> str:
    """A test for a POSIX shell that a file has Neuron's key and no other: gpg lists every primary
    key in it.  ``path`` is quoted for the shell."""
    primary = """awk -F: '$1 == "pub" { p = 1 } $1 == "fpr" && p { print $10; p = 0 }'"""
    shown = f"gpg --show-keys --with-colons {path} | {primary}"
    return f'test "$({shown})" = {KEY_FINGERPRINT}'


def render_sources(resolution: Resolution, command: str) -> str:
    """``/etc/apt/sources.list.d/neuron.sources``; raises `WrongUsage` for a target without
    a code name."""
    system = resolution.target.os
    if system is None or system.ecosystem is not Ecosystem.APT or not system.codename:
        raise WrongUsage(
            "an apt source needs the release of an operating system that uses apt",
            hint="name the system, for example --os ubuntu24.04",
        )
    url = _url(resolution, Ecosystem.APT)
    keyring = find_keyring(system)
    kept = f"| gpg --dearmor > {keyring}" if keyring.endswith(".gpg") else f"-o {keyring}"
    return "\n".join(
        [
            *make_header(command),
            f"# The key: curl -fsSL {url}/{KEY_NAME} {kept}",
            "Types: deb",
            f"URIs: {url}",
            f"Suites: {system.codename}",
            "Components: main",
            f"Architectures: {find_architecture(resolution.target.platforms)}",
            f"Signed-By: {keyring}",
            "",
        ]
    )


def render_repo(resolution: Resolution, command: str) -> str:
    """``/etc/yum.repos.d/neuron.repo``; raises `WrongUsage` for a target that uses apt."""
    system = resolution.target.os
    if system is None or system.ecosystem is not Ecosystem.RPM:
        raise WrongUsage(
            "a dnf repository needs an operating system that uses rpm",
            hint="name the system, for example --os amzn2023",
        )
    url = _url(resolution, Ecosystem.RPM)
    return "\n".join(
        [
            *make_header(command),
            "[neuron]",
            "name=AWS Neuron",
            f"baseurl={url}",
            "enabled=1",
            "gpgcheck=1",
            f"gpgkey={url}/{KEY_NAME}",
            # A version lock says nothing of repositories: what Neuron has comes from here.
            "priority=1",
            "",
        ]
    )


def _url(resolution: Resolution, ecosystem: Ecosystem) -> str:
    """The address that the lock's packages come from."""
    found = {p.source for p in resolution.packages_of(ecosystem) if p.source}
    if not found:
        raise WrongUsage(
            f"the lock has no {ecosystem.value} packages to name a repository for",
            hint=suggest_system_output(resolution.target, ecosystem),
        )
    if len(found) != 1:
        raise WrongUsage(
            f"the lock's {ecosystem.value} packages come from {len(found)} repositories",
            hint="lock system packages of one repository",
        )
    return found.pop().rstrip("/")
