"""What kind of update lies between two versions, and which updates a phase still gets.

Source: maintenance policy, "Neuron Software Release Types", "Neuron Software Regular Updates"
and "Neuron Software Maintenance Updates".
"""

from __future__ import annotations

from neuron_pin.record import Enum

from .phase import Phase
from .version import NeuronVersion


class Update(Enum):
    """The classes of difference between two versions of one package."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    BUILD = "build"
    NONE = "none"

    @property
    def promise(self) -> str:
        """What the policy says of an update of this class."""
        return _PROMISES[self]


_PROMISES = {
    Update.MAJOR: "incompatible: may not work with earlier Neuron Runtime, Neuron Compiler "
    "and NEFF; applications need updating and models recompiling",
    Update.MINOR: "functionality added in a backward compatible manner",
    Update.PATCH: "backward compatible bug or security fixes",
    Update.BUILD: "the same version, built again",
    Update.NONE: "no change",
}


class Updates(Enum):
    """Which updates software gets: new minor and major releases of the SDK, what is needed until
    it is stable, patches alone, or none."""

    REGULAR = "regular"
    AS_NEEDED = "as-needed"
    MAINTENANCE = "maintenance"
    NONE = "none"


def list_updates(phase: Phase) -> Updates:
    """Which updates the policy gives in a phase.

    Alpha and Beta are "not supported"; a release candidate has full support, and updates "on an
    as-needed basis" (the table of phases).  None of them is applied to an earlier release: to
    benefit one takes the latest.
    """
    if phase is Phase.RC:
        return Updates.AS_NEEDED
    if phase is Phase.STABLE:
        return Updates.REGULAR
    return Updates.MAINTENANCE if phase is Phase.MAINTENANCE else Updates.NONE


def classify_update(old: NeuronVersion, new: NeuronVersion) -> Update:
    """The class of the change between two versions, whichever of them is the later.

    An extension's framework part counts as well: the policy calls its digits the third
    party's major, minor and patch, and the graver of the two changes decides.
    """
    if old.text == new.text:
        return Update.NONE
    if old.epoch != new.epoch:
        return Update.MAJOR
    own = _first_difference(old.own, new.own)
    if old.framework or new.framework:
        own = min(own, _first_difference(old.framework, new.framework))
    if own == _SAME:
        return Update.BUILD
    return (Update.MAJOR, Update.MINOR, Update.PATCH)[min(own, 2)]


_SAME = 99


def _first_difference(old: tuple[str, ...], new: tuple[str, ...]) -> int:
    for index in range(max(len(old), len(new))):
        if (old[index : index + 1] or ("0",)) != (new[index : index + 1] or ("0",)):
            return index
    return _SAME
