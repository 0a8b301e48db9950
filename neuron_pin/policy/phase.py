"""The life-cycle phases and which kinds of subject may have which.

Source: maintenance policy, "Neuron Software Life-cycle" (phases and their comments) and
"Neuron Software Classification" (where Alpha occurs).
"""

from __future__ import annotations

from enum import Enum, IntEnum

from neuron_pin.errors import UnknownName, WrongUsage


class Phase(IntEnum):
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


_COMMON = frozenset({Phase.BETA, Phase.STABLE, Phase.EOS})
_SUPPORTED = _COMMON | {Phase.MAINTENANCE}
_RELEASED = _SUPPORTED | {Phase.RC}

PHASES_OF = {
    # "This phase [RC] applies only to Neuron SDK and Neuron components."  A framework
    # version is carried by an extension component, so it shares the component's row.
    SubjectKind.SDK: _RELEASED,
    SubjectKind.COMPONENT: _RELEASED,
    SubjectKind.FRAMEWORK: _RELEASED,
    # "This phase [Maintenance] does not apply to Dependency Software Components,
    # Neuron DLCs, Neuron DLAMIs, Neuron Features and APIs."
    SubjectKind.PYTHON: _COMMON,
    SubjectKind.OS: _COMMON,
    SubjectKind.INSTANCE: _COMMON,
    SubjectKind.DEPENDENCY: _COMMON,
    SubjectKind.DLAMI: _COMMON,
    SubjectKind.DLC: _COMMON,
    # Alpha stands in the classification tables of features and of APIs alone.
    SubjectKind.FEATURE: _COMMON | {Phase.ALPHA},
    SubjectKind.API: _COMMON | {Phase.ALPHA},
    SubjectKind.MODEL_CLASS: _SUPPORTED,
}
"""Which phases a kind of subject can be in."""


def check_phase(kind: SubjectKind, phase: Phase) -> None:
    """Raise `WrongUsage` if the policy has no such phase for that kind of subject."""
    if phase not in PHASES_OF[kind]:
        allowed = ", ".join(known.label for known in sorted(PHASES_OF[kind]))
        raise WrongUsage(
            f"the policy has no {phase.label} phase for a subject of kind {kind.value}",
            hint=f"its phases are {allowed}",
        )
