"""The life-cycle phases, and the kinds of subject that pass through them.

Source: maintenance policy, "Neuron Software Life-cycle".  Which kind may have which phase is
a matter of the policy's `edition`.
"""

from __future__ import annotations

from neuron_pin.errors import UnknownName
from neuron_pin.record import Enum


class Phase(int, Enum):
    """A phase; they are ordered as software passes through them."""

    ALPHA = 0
    BETA = 1
    RC = 2
    STABLE = 3
    MAINTENANCE = 4
    EOS = 5

    @classmethod
    def parse(cls, text: str) -> Phase:
        """The phase of that name; raises `UnknownName`."""
        found = _BY_NAME.get(text.strip().lower())
        if found is None:
            raise UnknownName("phase", text, [phase.name.lower() for phase in cls])
        return found

    @property
    def label(self) -> str:
        """The word that options and files use: ``stable``, ``eos`` …"""
        return self.name.lower()

    @property
    def is_prerelease(self) -> bool:
        """Alpha, Beta and RC are to an installer what a PEP 440 pre-release is."""
        return self < Phase.STABLE


UNKNOWN_PHASE = "unknown"
"""In a phase's place, for a version that is newer than the facts."""

_BY_NAME = {
    "alpha": Phase.ALPHA,
    "beta": Phase.BETA,
    "developer-preview": Phase.BETA,
    "rc": Phase.RC,
    "release-candidate": Phase.RC,
    "stable": Phase.STABLE,
    "ga": Phase.STABLE,
    "maintenance": Phase.MAINTENANCE,
    "eos": Phase.EOS,
    "end-of-support": Phase.EOS,
}

DEFAULT_PHASES = frozenset({Phase.STABLE, Phase.MAINTENANCE})
"""What may be installed unless the user says otherwise."""


class SubjectKind(Enum):
    """The kinds of thing that have a life-cycle."""

    SDK = "sdk"
    COMPONENT = "component"
    FRAMEWORK = "framework"
    PYTHON = "python"
    OS = "os"
    INSTANCE = "instance"
    DEPENDENCY = "dependency"
    DLAMI = "dlami"
    DLC = "dlc"
    FEATURE = "feature"
    API = "api"
    MODEL_CLASS = "model-class"

    @classmethod
    def parse(cls, text: str) -> SubjectKind:
        """The kind of that name; raises `UnknownName`."""
        for kind in cls:
            if kind.value == text.strip().lower():
                return kind
        known = [kind.value for kind in cls]
        raise UnknownName("kind", text, known, hint="known: " + ", ".join(known))
