"""What announcements call things, and the subjects that are meant; the packages that rules name."""

from __future__ import annotations

from neuron_pin.policy import SubjectKind
from neuron_pin.record import NamedTuple

DRIVER = "aws-neuronx-dkms"
RUNTIME = "aws-neuronx-runtime-lib"


class SubjectName(NamedTuple):
    """Words of a title, and the subject they name; its version follows them.

    ``component`` and ``workload`` are those of a model class.
    """

    words: str
    kind: SubjectKind
    name: str
    component: str = ""
    workload: str = ""


class Title(NamedTuple):
    """What release notes call something, and the subjects of one kind that are meant."""

    words: str
    kind: SubjectKind
    names: tuple[str, ...]


def canonicalize_name(name: str) -> str:
    """A name as PEP 503 normalizes it: lower case, runs of ``-_.`` become ``-``."""
    lowered = name.lower().replace("_", "-").replace(".", "-")
    while "--" in lowered:
        lowered = lowered.replace("--", "-")
    return lowered
