"""Versions in the policy's three forms, and those that are in none of them.

Source: maintenance policy, "Neuron Software Versioning" and "Pre-releases".  What has been
published departs from the forms: an extension may have a seventh part
(``1.13.1.2.11.13.0``), a pre-release mark may stand in the last part instead of the minor,
standalone components may have two or three parts, and some are no numbers at all
(``14.09.x``).  All of them are read; `Form.IRREGULAR` says that the policy does not cover it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from neuron_pin.errors import InvalidVersion
from neuron_pin.record import Enum, NamedTuple

from .phase import Phase

MAX_LENGTH = 128
"""Characters; longer texts are refused before they are parsed."""


def split_version(text: str) -> tuple[str, str, str]:
    """The epoch, the version as releases name it, and the build; empty for none.

    A build is a wheel's local part (PEP 440), a revision (deb-version(7), rpm), or in Neuron's
    rpm packages the commit: ``2.33.10.0_3dcef56f0-1``.  Neither a Debian version nor a normalized
    one of PEP 440 has an underscore, so one reading is right for every ecosystem.
    """
    head, colon, rest = text.partition(":")
    epoch, rest = (head, rest) if colon else ("", text)
    public = rest.partition("+")[0].partition("-")[0].partition("_")[0]
    return epoch, public, rest[len(public) + 1 :]


class Form(Enum):
    """The version forms of the policy."""

    SDK = "A.B.C"
    EXTENSION = "X.Y.Z.A.B.C"
    SHORT_EXTENSION = "X.Y.A.B"
    """The framework's first two numbers, then the component's own, with a build behind them: of
    no policy, and what TorchNeuron is published in."""
    STANDALONE = "A.B.C.D"
    IRREGULAR = "irregular"


class NeuronVersion(NamedTuple):
    """One version, taken apart.

    ``text`` is what was published.  ``framework`` is ``X.Y.Z`` of an extension, ``X.Y`` of one in
    the short form, else empty.
    ``own`` are the component's own parts, marks included.  ``local`` is a wheel's local part
    or a package revision (``e8242a9``), ``epoch`` a Debian or RPM epoch.
    """

    text: str
    form: Form
    framework: tuple[str, ...]
    own: tuple[str, ...]
    phase: Phase
    epoch: str = ""
    local: str = ""

    def __str__(self) -> str:
        return self.text

    @property
    def public(self) -> str:
        """The version without epoch and local part."""
        return ".".join(self.framework + self.own)

    @property
    def framework_version(self) -> str:
        """``X.Y.Z`` for an extension, else empty."""
        patch = ("0",) if self.form is Form.SHORT_EXTENSION else ()
        return ".".join(self.framework + patch)

    @property
    def major(self) -> str:
        """The component's own major."""
        return self.own[0]

    @property
    def minor(self) -> str:
        """The component's own minor, ``0`` where the version has none."""
        return self.own[1] if len(self.own) > 1 else "0"

    @property
    def patch(self) -> str:
        """All that stands behind the minor: ``C`` or ``C.D``."""
        return ".".join(self.own[2:]) or "0"


_MARKS = {
    "a": Phase.ALPHA,
    "alpha": Phase.ALPHA,
    "b": Phase.BETA,
    "beta": Phase.BETA,
    "c": Phase.RC,
    "rc": Phase.RC,
}
_FORM_BY_LENGTH = {3: Form.SDK, 4: Form.STANDALONE, 6: Form.EXTENSION, 7: Form.EXTENSION}


# Patterns as text: few versions have a mark, and a start need not compile them.
_SHORT = 2
"""Parts of the framework in the short form of an extension."""


_PART = r"(?i)(\d+)((a|alpha|b|beta|c|rc)\d*)?|x"
_MARKED = r"(?i)(\d+)(alpha|beta|rc|a|b|c)(\d*)"
_MARK_AT_END = r"(?i)(\d+(?:\.\d+)*)(alpha|beta|rc|a|b|c)\.?(\d*)"
_BELOW = 1 << 60
"""More than any number of a version: what follows the number below a marked one."""


@lru_cache(maxsize=16384)
def version_order(text: str) -> tuple[int, ...]:
    """A key that sorts versions as their marks say: ``2.28b.100.0`` and ``2.28rc.1`` after 2.27.9
    and before 2.28.0.

    Epoch, local part and revision do not count; what is no number counts as 0.  For versions
    that PEP 440 can hold the order is PEP 440's.
    """
    public = split_version(text)[1]
    key: list[int] = []
    for part in public.split("."):
        if part.isdecimal():
            key.append(int(part[:18]))
            continue
        if not part[:1].isdecimal():
            key.append(0)
            continue
        match = re.match(_MARKED, part)
        if match is None:
            digits = re.match(r"\d{1,18}", part)
            key.append(int(digits[0]) if digits else 0)
            continue
        key += [int(match[1][:18]) - 1, _BELOW + _MARKS[match[2].lower()]]
        if match[3]:
            key.append(int(match[3][:18]))
    return tuple(key)


def spell_mark(public: str) -> str:
    """A version with the mark of its minor as PEP 440 writes it: ``2.1.2.2.5b.0`` is 2.1.2.2.5b0,
    ``2.34rc.0`` is 2.34rc0.

    What PEP 440 cannot hold, more than one number behind the mark, stays as it is.
    """
    # Each mark has one of these letters, and few versions do.
    if _OF_MARKS.isdisjoint(public):
        return public
    match = re.fullmatch(_MARK_AT_END, public)
    if match is None:
        return public
    return f"{match[1]}{_SPELLED[match[2].lower()]}{int((match[3] or '0')[:18])}"


_OF_MARKS = frozenset("abcABC")
_SPELLED = {"a": "a", "alpha": "a", "b": "b", "beta": "b", "c": "rc", "rc": "rc"}


def is_pep440(public: str) -> bool:
    """Whether pip takes a version that is well formed by the policy: of those with a mark PEP 440
    holds what has at most one number behind it."""
    return not re.search(_MARKED, public) or re.fullmatch(_MARK_AT_END, public) is not None


@lru_cache(maxsize=8192)
def parse_version(
    text: str, *, standalone: bool = False, framework_parts: int | None = None
) -> NeuronVersion:
    """Read a version as published, with or without epoch, local part or package revision.

    ``standalone`` says that the package is known to be a standalone component, so that
    three parts are an irregular standalone version and not an SDK's.  ``framework_parts`` says
    how many parts are the framework's, where the package is known to have its own form.  Raises
    `InvalidVersion` for what has no parts at all, as ``na``.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidVersion(f"version of {len(text)} characters: {text[:32]!r}…")
    epoch, public, local = split_version(text.strip())
    parts = tuple(public.split(".")) if not epoch or epoch.isdigit() else ()
    phase = Phase.STABLE
    for part in parts or ("",):
        if part.isdecimal() or part == "x":
            continue
        match = re.fullmatch(_PART, part)
        if match is None:
            raise InvalidVersion(
                f"{text!r} is not a version", hint="versions look like 2.26.0 or 2.8.0.2.10.16998"
            )
        if match[3]:
            phase = min(phase, _MARKS[match[3].lower()])
    form = _FORM_BY_LENGTH.get(len(parts), Form.IRREGULAR)
    if parts[-1].lower() == "x" or (standalone and form is not Form.STANDALONE):
        form = Form.IRREGULAR
    if framework_parts == _SHORT and len(parts) > _SHORT:
        form = Form.SHORT_EXTENSION
    split = {Form.EXTENSION: 3, Form.SHORT_EXTENSION: _SHORT}.get(form, 0)
    return NeuronVersion(text, form, parts[:split], parts[split:], phase, epoch, local)
