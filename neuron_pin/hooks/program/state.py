"""The state of the hooks of apt and dnf: a lock, and the facts about what could come instead.

One small file, written by ``outputs.hook_state``: a line a fact, fields between tabs, at the
end the number of lines and their CRC-32.
"""

import binascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = "neuron-pin hook state 1"
MAX_BYTES = 4 * 1024 * 1024


class Unusable(Exception):
    """A state that cannot be judged by: missing, cut off, changed, of another version."""


class Pin:
    """The range of one package that the lock allows, and the version that it chose."""

    __slots__ = ("base", "install_spec", "reach", "version")

    def __init__(self, reach: str, base: str, version: str, install_spec: str) -> None:
        self.reach = reach
        self.base = base
        self.version = version
        self.install_spec = install_spec

    @property
    def is_range(self) -> bool:
        """Whether it allows several versions."""
        return self.reach == "prefix"

    def admits(self, version: str) -> bool:
        """Whether a version with its revision lies in the range; one with an epoch never
        does.

        The twin of ``policy/pin.py: Pin.matches``, as apt and dnf compare: by what is written.
        """
        if version.startswith("0:"):
            version = version[2:]
        if self.is_range:
            return version.startswith(self.base + ".")
        if version == self.base or version.startswith(self.base + "-"):
            return True
        # Neuron's rpm packages carry their commit so: 2.33.10.0_3dcef56f0-1.
        return self.reach == "upstream" and version.startswith(self.base + "_")


class Known:
    """What is known of one version: the releases that shipped it, the instance families that
    it is for, the day of its end of support (empty for none), and what installs it where it is
    of the lock's release."""

    __slots__ = ("ended", "families", "install_spec", "sdks", "source")

    def __init__(
        self, sdks: str, families: str, ended: str, install_spec: str, source: str
    ) -> None:
        self.sdks = frozenset(sdks.split())
        self.families = frozenset(families.split())
        self.ended = ended
        self.install_spec = install_spec
        self.source = source


class State:
    """A lock and the facts about what it could be replaced by."""

    def __init__(self) -> None:
        self.values: "dict[str, str]" = {}
        self.allowed: "set[str]" = set()
        self.names: "dict[str, tuple[str, str, str]]" = {}
        self.pins: "dict[str, Pin]" = {}
        self.known: "dict[tuple[str, str], Known]" = {}
        self.windows: "list[list[str]]" = []
        self.floors: "list[list[str]]" = []
        self.tested: "dict[str, tuple[frozenset[str], str]]" = {}
        self.hashes: "dict[tuple[str, str], frozenset[str]]" = {}
        self.shared: "dict[str, str]" = {}

    @property
    def sdk(self) -> str:
        """The release of the lock, empty for none."""
        return self.values.get("sdk", "")

    @property
    def lock(self) -> str:
        """The lock, for people."""
        release = "Neuron SDK " + self.sdk if self.sdk else "no release"
        return release + " for " + self.values.get("label", "")

    def is_neuron(self, name: str) -> bool:
        """Whether a package is a Neuron package, by the catalog or by its name."""
        return name in self.names or name.startswith("aws-neuron")


def read_state(path: str) -> State:
    """The state at a path; raises `Unusable`."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unusable(path + " cannot be read: " + str(error.strerror)) from None
    try:
        return parse_state(data)
    except Unusable as error:
        # The file is called after its hook: apt.state, dnf.state.
        kind = path.rpartition("/")[2].partition(".")[0]
        words = [find_program(data), "hook install", kind, "--lock lock.json"]
        raise Unusable(f"{path} {error}; run: sudo {' '.join(words)}") from None


PROGRAM = rb"^value\tprogram\t(/[\w./+-]+|neuron-pin)$"


def find_program(data: bytes) -> str:
    """How root calls neuron-pin, by what is left of a state; its plain name where nothing says
    so."""
    import re

    found = re.search(PROGRAM, data, re.M)
    return found[1].decode() if found else "neuron-pin"


def checksum(data: bytes) -> str:
    """What the last line of a state says of all lines before it."""
    return f"end\t{data.count(bytes([10]))}\t{binascii.crc32(data) & 0xFFFFFFFF:08x}\n"


def parse_state(data: bytes) -> State:
    """A state from the bytes of its file; raises `Unusable`."""
    if len(data) > MAX_BYTES:
        raise Unusable(f"is larger than {MAX_BYTES} bytes")
    at = data.rfind(b"end\t")
    if not data.startswith(HEAD.encode() + b"\n"):
        raise Unusable("is not a state of this hook")
    if at < 0 or data[at:] != checksum(data[:at]).encode():
        raise Unusable("is damaged or half written")
    state = State()
    try:
        for line in data[:at].decode("utf-8").splitlines()[1:]:
            kind, *rest = line.split("\t")
            _READ[kind](state, *rest)
    except (KeyError, ValueError, TypeError):
        raise Unusable("has an invalid line") from None
    return state


def _read_value(state: State, name: str, value: str) -> None:
    state.values[name] = value


def _read_allowed(state: State, phase: str) -> None:
    state.allowed.add(phase)


def _read_name(state: State, name: str, gone: str, instead: str, source: str) -> None:
    state.names[name] = (gone, instead, source)


def _read_pin(
    state: State, name: str, reach: str, base: str, version: str, install_spec: str
) -> None:
    state.pins[name] = Pin(reach, base, version, install_spec)


def _read_known(
    state: State,
    name: str,
    version: str,
    sdks: str,
    families: str,
    ended: str,
    install_spec: str,
    source: str,
) -> None:
    state.known[name, version] = Known(sdks, families, ended, install_spec, source)


def _read_window(state: State, *window: str) -> None:
    if len(window) != 8:
        raise ValueError
    state.windows.append(list(window))


def _read_floor(state: State, *floor: str) -> None:
    if len(floor) != 5:
        raise ValueError
    state.floors.append(list(floor))


def _read_tested(state: State, version: str, kernels: str, source: str) -> None:
    state.tested[version] = (frozenset(kernels.split()), source)


def _read_sha256(state: State, name: str, version: str, digests: str) -> None:
    state.hashes[name, version] = frozenset(digests.split())


def _read_shared(state: State, name: str, site: str) -> None:
    """An archive beside the lock's that has a version which the pin allows, as another file."""
    state.shared[name] = site


_READ: "dict[str, Callable[..., None]]" = {
    "value": _read_value,
    "allow": _read_allowed,
    "name": _read_name,
    "pin": _read_pin,
    "known": _read_known,
    "window": _read_window,
    "floor": _read_floor,
    "tested": _read_tested,
    "sha256": _read_sha256,
    "shared": _read_shared,
}
