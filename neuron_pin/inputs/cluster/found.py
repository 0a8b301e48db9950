"""What a file for a cluster names: images, charts, resources, and what of it was not understood."""

from __future__ import annotations

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.installation import NotUnderstood
from neuron_pin.record import NamedTuple


class NamedImage(NamedTuple):
    """An image: its reference (``registry/path/name:tag@digest``), and the line of its tag.

    ``repository`` is the reference without tag and digest; of values that override a tag alone it
    is empty, and ``setting`` is what they override (``devicePlugin``).  ``is_open`` says that
    whatever is not stated comes from elsewhere: the values of a chart, a patch's base.
    ``requests`` says that its container asks for Neuron devices.
    """

    text: str
    repository: str
    tag: str
    digest: str
    line: int
    setting: str = ""
    is_open: bool = False
    requests: bool = False

    @property
    def name(self) -> str:
        """The last part of the repository: ``neuron-device-plugin``."""
        return self.repository.rpartition("/")[2]


class NamedChart(NamedTuple):
    """A Helm chart by name and version, which may be a range, and is empty for none.
    ``is_own`` says that the file is that chart, and does not ask for it."""

    name: str
    version: str
    line: int
    is_own: bool = False


class NamedResource(NamedTuple):
    """A resource that a container asks for: ``aws.amazon.com/neuroncore``."""

    name: str
    line: int


class Switch(NamedTuple):
    """A part of the Neuron chart that values switch on or off, by its setting; ``group`` tells
    the values of one chart from those of another in the same file."""

    setting: str
    is_on: bool
    line: int
    group: int = 0


class ClusterFile(NamedTuple):
    """What a file names, each as often as it stands there; ``unread`` is what was not understood,
    ``problems`` are keys that stand twice.  ``beside`` are the charts that the chart asks for whose
    values the file is, and ``beside_path`` is the file that names them."""

    images: tuple[NamedImage, ...] = ()
    charts: tuple[NamedChart, ...] = ()
    resources: tuple[NamedResource, ...] = ()
    switches: tuple[Switch, ...] = ()
    unread: tuple[NotUnderstood, ...] = ()
    problems: tuple[UnreadableInput, ...] = ()
    beside: tuple[NamedChart, ...] = ()
    beside_path: str = ""


def split_image(reference: str) -> tuple[str, str, str]:
    """Repository, tag and digest of a reference, each empty where it has none.

    A port is no tag: ``registry:5000/name``.  Source: the grammar of references in
    github.com/distribution/reference.
    """
    plain, _, digest = reference.partition("@")
    path, colon, tag = plain.rpartition(":")
    if not colon or "/" in tag:
        path, tag = plain, ""
    return path, tag, digest
