"""What dpkg has installed.  Source: dpkg(1), "Package states"; the file that dpkg-query reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from neuron_pin.fs.reading import read_bounded
from neuron_pin.policy.debbuild import describe_build
from neuron_pin.policy.debversion import deb_key
from neuron_pin.record import NamedTuple

STATUS = "var/lib/dpkg/status"
MAX_BYTES = 256 * 1024 * 1024
INSTALLED = "installed"


class Installed(NamedTuple):
    """An installed package's version, whether it is on hold, what apt tells builds of one version
    apart by, dpkg's word for its state, and its architecture; ``needs_reinstall`` is dpkg's flag
    ``reinstreq``."""

    version: str
    is_held: bool
    build: str = ""
    state: str = INSTALLED
    needs_reinstall: bool = False
    architecture: str = ""


def has_dpkg_status(root: str) -> bool:
    """Whether dpkg's database, or that of an image without dpkg, is below a root."""
    return os.path.isfile(os.path.join(root, STATUS)) or bool(_parts(root))


def read_dpkg_status(root: str) -> bytes:
    """The stanzas of dpkg's database below a root, empty for none.

    Images without dpkg keep a file a package in ``status.d``, as rules_distroless and distroless
    make them; what is in one is installed.  Raises `UnreadableInput`.
    """
    path = os.path.join(root, STATUS)
    stanzas = [read_bounded(path, MAX_BYTES)] if os.path.lexists(path) else []
    stanzas += [_as_installed(read_bounded(part, MAX_BYTES)) for part in _parts(root)]
    return b"\n\n".join(stanzas)


def list_dpkg_names(data: bytes) -> list[str]:
    """The names in stanzas of dpkg's database, each once, whatever their states."""
    found = re.findall(rb"^Package: ([a-z0-9][a-z0-9+.-]{0,200})$", data, re.M)
    return [name.decode() for name in dict.fromkeys(found)]


def _parts(root: str) -> list[str]:
    folder = os.path.join(root, f"{STATUS}.d")
    if not os.path.isdir(folder):
        return []
    # Beside a package's stanza is the list of its files.
    names = sorted(name for name in os.listdir(folder) if not name.endswith(".md5sums"))
    return [path for name in names if os.path.isfile(path := os.path.join(folder, name))]


def _as_installed(stanza: bytes) -> bytes:
    stanza = stanza.strip()
    if re.search(rb"^Status:", stanza, re.M):
        return stanza
    return re.sub(rb"^(Package: .*)$", rb"\1\nStatus: install ok installed", stanza, flags=re.M)


def read_installed(root: str, names: Iterable[str]) -> dict[str, Installed]:
    """The named packages that are installed below a root, of the machine's own architecture where
    they are of several; those of which only the configuration is left are not.  Raises
    `UnreadableInput`."""
    return parse_installed(read_dpkg_status(root), names)


def find_foreign(root: str, names: Iterable[str]) -> dict[str, list[Installed]]:
    """The named packages that are installed for another architecture than the machine's own, which
    is that of its dpkg.  Raises `UnreadableInput`."""
    data = b"\n\n" + read_dpkg_status(root)
    native = _find_native(data)
    found = {
        name: [p for p in _list_installed(data, name) if p.architecture not in ("", "all", native)]
        for name in names
    }
    return {name: packages for name, packages in found.items() if packages and native}


def parse_installed(data: bytes, names: Iterable[str]) -> dict[str, Installed]:
    """The same of the stanzas of a database."""
    data = b"\n\n" + data
    found = {}
    for name in names:
        packages = list(_list_installed(data, name))
        if len(packages) > 1:
            native = _find_native(data)
            packages.sort(key=lambda package: package.architecture == native)
        if packages:
            found[name] = packages[-1]
    return found


def _list_installed(data: bytes, name: str) -> Iterator[Installed]:
    """A package of each architecture that it is installed for; ``data`` begins with empty lines."""
    mark = b"\nPackage: " + name.encode() + b"\n"
    at = data.find(mark)
    while at >= 0:
        end = data.find(b"\n\n", at + 1)
        stanza = data[at : end if end >= 0 else len(data)].decode("utf-8", "replace")
        fields = dict(re.findall(r"^(Status|Version|Architecture): (.*)$", stanza, re.M))
        words = fields.get("Status", "").split()
        state = words[-1] if words else ""
        if state not in ("not-installed", "config-files", ""):
            yield Installed(
                fields.get("Version", ""),
                words[0] == "hold",
                describe_build(stanza),
                state,
                "reinstreq" in words,
                fields.get("Architecture", "").strip(),
            )
        at = data.find(mark, at + 1)


def _find_native(data: bytes) -> str:
    """A machine's own architecture, empty where its dpkg is not in its database."""
    return next((package.architecture for package in _list_installed(data, "dpkg")), "")


def has_apt(root: str, version: str) -> bool:
    """Whether the apt of a machine is of that version or later; so where it is not known.  Raises
    `UnreadableInput`."""
    installed = read_installed(root, ["apt"]).get("apt")
    return installed is None or deb_key(installed.version) >= deb_key(version)
