"""Pins: ranges that hold the major, the minor, or one version, in three notations.

Source: maintenance policy, "Neuron SDK Installation and Update instructions" (pin the
major); PEP 440 "Version matching"; apt-get(8) and apt_preferences(5); dnf's versionlock.
"""

from __future__ import annotations

from neuron_pin.errors import InvalidPin, InvalidVersion
from neuron_pin.record import Enum, NamedTuple

from .version import Form, NeuronVersion, parse_version, spell_mark, split_version


class Ecosystem(Enum):
    """Where a package lives.

    ``SDK`` holds the one package ``neuron-sdk``, a release; ``BOND`` what packages have to
    agree on, as a framework version.
    """

    PIP = "pip"
    APT = "apt"
    RPM = "rpm"
    SDK = "sdk"
    BOND = "bond"

    @property
    def is_system(self) -> bool:
        """Whether the operating system's package manager installs it: it comes from a
        repository, with a revision behind the version, and others may bind it unasked."""
        return self in (Ecosystem.APT, Ecosystem.RPM)


class PinPrecision(Enum):
    """How much of a version a pin holds."""

    EXACT = "exact"
    MINOR = "minor"
    MAJOR = "major"


class PinComparison(Enum):
    """What a pin's base is compared with."""

    PREFIX = "prefix"
    """Every version whose parts begin with the base: ``2.*``."""
    UPSTREAM = "upstream"
    """That version in any build: any local part, any package revision."""
    FULL = "full"
    """That very build: ``2.34.10.0-ac18d186d``, ``2.27.5334.0+f702b353``, and in any release
    of an RPM package where none is named: ``2.34.10.0_ac18d186d``."""


class Pin(NamedTuple):
    """A range of versions of one package: ``base`` read as ``reach`` says."""

    base: str
    reach: PinComparison

    def __str__(self) -> str:
        return self.base + ".*" if self.reach is PinComparison.PREFIX else self.base

    @property
    def is_exact(self) -> bool:
        """Whether it names one version; such a pin reaches what a range does not."""
        return self.reach is not PinComparison.PREFIX

    def matches(self, version: str) -> bool:
        """Whether a version, as an index or the catalog writes it, lies in the range.

        The hooks have a twin: ``hooks/program/state.py: Pin.admits`` (``fixtures/hook-twins``).
        """
        if self.reach is PinComparison.FULL:
            return version == self.base or version.startswith(self.base + "-")
        epoch, public, _ = split_version(version)
        wanted, base, _ = split_version(self.base)
        if (epoch or "0") != (wanted or "0"):
            return False
        if self.reach is PinComparison.UPSTREAM:
            return _pad(spell_mark(public)) == _pad(spell_mark(base))
        prefix, parts = base.split("."), public.split(".")
        # PEP 440: a prefix match pads the version with zeros.
        parts += ["0"] * (len(prefix) - len(parts))
        return parts[: len(prefix)] == prefix

    def to_pip(self) -> str:
        """The specifier: ``==2.*``, ``==2.27.5334.0``; a mark as PEP 440 spells it."""
        return f"=={spell_mark(str(self))}"

    def to_apt(self) -> str:
        """What stands behind ``NAME=`` for apt-get: ``2.*``, ``2.34.10.0-*``.

        A star is a trailing wildcard over the whole version, so an upstream version needs
        the dash: ``2.34.10.0*`` would match 2.34.10.01 too.
        """
        if self.reach is PinComparison.PREFIX:
            return f"{self.base}.*"
        return f"{self.base}-*" if self.reach is PinComparison.UPSTREAM else self.base

    def to_rpm(self) -> str:
        """The pin as people write it, behind ``NAME-``: ``0:2.*``, ``0:2.34.10.0-*``."""
        return self.to_rpm_patterns()[0]

    def to_rpm_patterns(self) -> tuple[str, ...]:
        """What stands behind ``NAME-`` in the lines of a version lock; the epoch is always
        written.

        Neuron's packages carry their commit behind an underscore, the driver does not, so that
        one version in any build takes two lines: dnf 4 reads no pattern whose brackets have a
        dash.
        """
        if self.reach is PinComparison.PREFIX:
            return (f"0:{self.base}.*",)
        if self.reach is PinComparison.UPSTREAM:
            return (f"0:{self.base}-*", f"0:{self.base}_*-*")
        release = "" if "-" in self.base else "-*"
        return ((self.base if ":" in self.base else f"0:{self.base}") + release,)

    def render(self, ecosystem: Ecosystem) -> str:
        """The pin as its ecosystem writes it, with the operator that pip and apt need."""
        if ecosystem is Ecosystem.APT:
            return "=" + self.to_apt()
        if ecosystem is Ecosystem.RPM:
            return "-" + self.to_rpm()
        return self.to_pip()


def installable(name: str, pin: Pin, ecosystem: Ecosystem) -> str:
    """What the ecosystem's installer takes to install what a pin holds: dnf, unlike a version
    lock, without the epoch that there is not, and with brackets."""
    if ecosystem is Ecosystem.RPM:
        if pin.reach is PinComparison.UPSTREAM:
            return f"{name}-{pin.base}[_-]*"
        return f"{name}-{pin.to_rpm().removeprefix('0:')}"
    return name + pin.render(ecosystem)


def parse_pin(text: str, ecosystem: Ecosystem) -> Pin:
    """Read what stands behind a name: ``==2.1.0.1.*``, ``=2.*``, ``-0:2.34.10.0-*``.

    Raises `InvalidPin` for what the ecosystem would reject, or would silently not match:
    ``2*`` (matches 20.1), ``2`` (apt compares the whole string), a star in the middle.
    """
    body = text.strip()
    operator = {Ecosystem.APT: "=", Ecosystem.RPM: "-"}.get(ecosystem, "==")
    if not body.startswith(operator) or body.startswith(operator + "="):
        raise InvalidPin(f"{text!r} is not a pin", hint=f"a pin begins with {operator}")
    body = body[len(operator) :].strip()
    if ecosystem is Ecosystem.RPM and body.startswith("0:"):
        operator, body = f"{operator}0:", body[2:]
    head, star = (body[:-1], True) if body.endswith("*") else (body, False)
    if "*" in head or not head:
        raise InvalidPin(f"{text!r}: a star may stand only at the end, behind a version")
    if not star:
        parsed = _parse(head, text)
        if ecosystem in (Ecosystem.APT, Ecosystem.RPM):
            if len(parsed.own) + len(parsed.framework) == 1 and not parsed.local:
                raise InvalidPin(
                    f"{text!r} names no version: apt and dnf compare the whole string",
                    hint=f"write {operator}{head}.* to hold the major",
                )
            return Pin(head, PinComparison.FULL if parsed.local else PinComparison.UPSTREAM)
        return Pin(head, PinComparison.FULL if parsed.local else PinComparison.UPSTREAM)
    if head.endswith("-") and ecosystem is not Ecosystem.PIP:
        _parse(head[:-1], text)
        return Pin(head[:-1], PinComparison.UPSTREAM)
    if not head.endswith("."):
        end = ".*"
        if _parse(head, text).form in (Form.STANDALONE, Form.EXTENSION):
            # A whole version: a revision may follow, and no further number.
            end = "" if ecosystem is Ecosystem.PIP else "-*"
        raise InvalidPin(
            f"{text!r} would match other numbers that begin alike",
            hint=f"write {operator}{head}{end}",
        )
    _parse(head[:-1], text)
    return Pin(head[:-1], PinComparison.PREFIX)


def derive_pin(version: NeuronVersion, strength: PinPrecision) -> Pin:
    """The pin of that strength which holds a version.

    Exact holds the version in any build.  An extension's framework part is always held in
    full: the policy's own ``torch-neuronx==2.1.0.1.*`` holds X.Y.Z and the major A.
    """
    if version.own[-1].lower() == "x":
        # Published as a range ("14.09.x"), so the closest honest pin is that range.
        held = version.own[:-1] if strength is not PinPrecision.MAJOR else version.own[:1]
        return Pin(".".join(held), PinComparison.PREFIX)
    if strength is PinPrecision.EXACT:
        if version.local and "+" in version.text:
            return Pin(version.text, PinComparison.FULL)
        return Pin(version.public, PinComparison.UPSTREAM)
    if version.phase.is_prerelease:
        # PEP 440: a prefix match does not admit pre-releases, so a range would miss it.
        return Pin(version.public, PinComparison.UPSTREAM)
    held = version.own[: 1 if strength is PinPrecision.MAJOR else 2]
    return Pin(".".join(version.framework + held), PinComparison.PREFIX)


def _pad(public: str) -> list[str]:
    parts = public.split(".")
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return parts


def _parse(version: str, shown: str) -> NeuronVersion:
    try:
        parsed = parse_version(version)
    except InvalidVersion as error:
        raise InvalidPin(f"{shown!r}: {error.message}", hint=error.hint) from None
    if parsed.form is Form.IRREGULAR and parsed.own[-1].lower() == "x":
        raise InvalidPin(f"{shown!r}: x is no wildcard", hint="write .* at the end")
    return parsed
