"""Requirements, written as their ecosystem writes them, each with its origin.

``torch-neuronx==2.1.0.1.*``, ``'transformers>=4.50'`` (PEP 508), ``aws-neuronx-tools=2.*``
(one ``=`` is apt's), ``neuron-sdk==2.26.*``; ``pip:``, ``apt:`` or ``rpm:`` in front where
a name could be either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import InvalidPin, WrongUsage
from neuron_pin.policy import Ecosystem, Pin, parse_pin
from neuron_pin.record import NamedTuple

from .specifier import admits, canonicalize_specifier

SDK_NAME = "neuron-sdk"
MAX_LENGTH = 4096
"""Characters of one requirement."""


class Requirement(NamedTuple):
    """One requirement.

    ``ecosystem`` is none where the text leaves it open.  ``pin`` holds what one clause with
    ``==`` or apt's ``=`` says; every other range is the PEP 440 text in ``specifier``.
    ``origin`` is where it was written: ``command line``, ``reqs.txt:3``.  ``hashes`` are the
    digests (``sha256:…``) of the files that may be installed, none for any.
    """

    ecosystem: Ecosystem | None
    name: str
    extras: frozenset[str]
    pin: Pin | None
    specifier: str
    marker: str
    origin: str
    text: str
    hashes: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether it names one version (PEP 440 ``==`` or ``===`` without a wildcard)."""
        if self.pin is not None:
            return self.pin.is_exact
        # Most of the thousands that are asked about have no such clause.
        return "==" in self.specifier and any(
            clause.strip().startswith("==") and not clause.strip().endswith("*")
            for clause in self.specifier.split(",")
        )

    @property
    def range(self) -> str:
        """What stands behind the name, as pip writes it; empty for any version."""
        return self.pin.to_pip() if self.pin else self.specifier

    def admits(self, version: str) -> bool:
        """Whether a version lies in the range; pre-releases are judged elsewhere."""
        if self.pin is not None:
            return self.pin.matches(version)
        return not self.specifier or admits(self.specifier, version)


_ECOSYSTEMS = {"pip:": Ecosystem.PIP, "apt:": Ecosystem.APT, "rpm:": Ecosystem.RPM}
_SIMPLE = (
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
    r"(?:\[(?P<extras>[A-Za-z0-9._, -]*)\])?"
    r"\s*(?P<pin>={1,2}[^=,;\s\[\]()<>!~@]+)?\s*"
)
_RPM = r"(?P<name>[A-Za-z0-9][A-Za-z0-9._+-]*?)(?P<pin>-\d+:[^\s]+)"


def parse_requirement(text: str, origin: str = "command line") -> Requirement:
    """Read one requirement; raises `WrongUsage` (`InvalidPin` for its range)."""
    body = text.strip()
    if len(body) > MAX_LENGTH:
        raise WrongUsage(f"{origin}: a requirement of {len(body)} characters")
    ecosystem = _ECOSYSTEMS.get(body[:4].lower())
    if ecosystem is not None:
        body = body[4:].strip()
    match = re.fullmatch(_RPM, body) if ecosystem is Ecosystem.RPM else None
    match = match or re.fullmatch(_SIMPLE, body)
    if match is None or (match["pin"] or "").startswith("==="):
        if ecosystem in (Ecosystem.APT, Ecosystem.RPM):
            raise WrongUsage(
                f"{origin}: {text!r} is not a valid {ecosystem.value} requirement",
                hint="write NAME, NAME=2.* or NAME=2.28.19.0-*",
            )
        return _parse_pep508(body, origin, text)
    groups = match.groupdict()
    extras = frozenset(
        canonicalize_name(e.strip()) for e in (groups.get("extras") or "").split(",") if e.strip()
    )
    written = groups["pin"]
    pin: Pin | None = None
    if written:
        if written.startswith("-"):
            notation = Ecosystem.RPM
        elif written.startswith("=="):
            notation = Ecosystem.PIP
        else:
            notation = Ecosystem.APT
        try:
            pin = parse_pin(written, notation)
        except InvalidPin as error:
            if notation is Ecosystem.PIP and ecosystem in (None, Ecosystem.PIP):
                try:
                    return _parse_pep508(body, origin, text)
                except WrongUsage as other:
                    if not error.hint:
                        raise other from None
            raise InvalidPin(f"{origin}: {text!r}: {error.message}", hint=error.hint) from None
        if notation is Ecosystem.APT and ecosystem is Ecosystem.PIP:
            raise InvalidPin(f"{origin}: {text!r}: pip pins with two equals signs")
    name = canonicalize_name(groups["name"])
    if name == SDK_NAME:
        ecosystem = Ecosystem.SDK
    return Requirement(ecosystem, name, extras, pin, "", "", origin, text.strip())


def _explain(problem: str) -> str:
    """What packaging says of a requirement, where it says it of versions and of names, and not
    of its own grammar."""
    first = problem.splitlines()[0]
    if re.match(r"Expected|Invalid .* at|Unexpected", first):
        return ""
    return f": {first}"


_RANGED = (
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
    r"\s*(?:\[(?P<extras>[A-Za-z0-9._, -]*)\])?\s*(?P<specifier>[<>=!~][^;@()\[\]]*)"
)


def _parse_pep508(body: str, origin: str, text: str) -> Requirement:
    match = re.fullmatch(_RANGED, body)
    plain = canonicalize_specifier(match["specifier"]) if match is not None else None
    if match is not None and plain:
        name = canonicalize_name(match["name"])
        named = [extra.strip() for extra in (match["extras"] or "").split(",")]
        return Requirement(
            Ecosystem.SDK if name == SDK_NAME else Ecosystem.PIP,
            name,
            frozenset(canonicalize_name(extra) for extra in named if extra),
            None,
            plain,
            "",
            origin,
            text.strip(),
        )
    from packaging.requirements import Requirement as Parsed

    try:
        parsed = Parsed(body)
        specifier = str(parsed.specifier)
    except ValueError as error:
        # packaging's own, or a number of more digits than Python reads.
        problem = _explain(str(error))
        raise WrongUsage(
            f"{origin}: {text!r} is not a valid requirement{problem}",
            hint="write NAME, NAME==2.8.*, 'NAME>=4.50' or, for apt, NAME=2.*",
        ) from None
    if parsed.url:
        raise WrongUsage(
            f"{origin}: {text!r}: a requirement by URL has no version to check",
            hint="name the package, and give its index with --extra-index-url",
        )
    name = canonicalize_name(parsed.name)
    return Requirement(
        Ecosystem.SDK if name == SDK_NAME else Ecosystem.PIP,
        name,
        frozenset(canonicalize_name(extra) for extra in parsed.extras),
        None,
        specifier,
        str(parsed.marker) if parsed.marker else "",
        origin,
        text.strip(),
    )


def parse_all(texts: Sequence[str], origin: str = "command line") -> list[Requirement]:
    """Several requirements of one origin."""
    return [parse_requirement(text, origin) for text in texts]
