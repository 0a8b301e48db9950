"""Where Python distributions are below a root: virtual and conda environments, the system's
folders, and those of ``pip install --target``.

Source: "Recording installed projects" (a folder of distributions holds their ``.dist-info``);
setuptools, ``.egg-info`` and eggs; proc_pid_mountinfo(5).
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Container

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.record import NamedTuple

from .distributions import read_conda_name, read_metadata_name

MAX_FOLDERS = 100_000
"""How many folders are looked into; those in folders of distributions do not count."""
MAX_MOUNTS = 4 * 1024 * 1024
_TELLING = (".dist-info", ".egg-info", ".egg", ".egg-link", ".json")
"""How the names of what tells a distribution end; ``.json`` in conda's folders."""
_WITHOUT = frozenset({"__pycache__", ".git", "node_modules", "lost+found", "pkgs"})
"""Folders without environments; ``pkgs`` is conda's cache."""
_UNPACKED = re.compile(r"(?:archive|builds)-v\d+")
"""The folders of uv's cache, beside its CACHEDIR.TAG, that hold unpacked wheels and what it built
them in: nothing of them is installed."""
_WITHOUT_BELOW_ROOT = frozenset(
    {"boot", "dev", "proc", "run", "sys", "tmp", "usr/include", "usr/share", "usr/src", "var/tmp"}
    | {f"{lib}/{name}" for lib in ("lib", "usr/lib") for name in ("firmware", "modules")}
    | {f"var/lib/{name}" for name in ("containerd", "containers", "docker")}
)
_LOCAL = frozenset(
    {"btrfs", "erofs", "ext2", "ext3", "ext4", "f2fs", "overlay", "squashfs", "tmpfs", "xfs", "zfs"}
)
"""The types of file systems that are on disks of the machine, or in its memory."""


class FoundEnvironments(NamedTuple):
    """Folders with distributions, by path: environments as a whole, or folders of distributions
    alone.  ``skipped`` are mounts of other file systems that were not entered, with their type;
    ``problem`` is that there were too many folders, none where all were looked into."""

    folders: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    problem: UnreadableInput | None


def find_environments(
    root: str, names: Container[str], max_folders: int = MAX_FOLDERS
) -> FoundEnvironments:
    """The environments below a root that hold one of the named distributions.

    No link is followed, and on a running machine no mount of a network file system is entered.
    At most ``max_folders`` folders are looked into, the nearest to the root first.
    """
    foreign = _foreign_mounts(root)
    places: list[str] = []
    skipped: list[tuple[str, str]] = []
    problem = None
    waiting = deque([""])
    looked_into = 0
    while waiting:
        if looked_into == max_folders:
            problem = UnreadableInput(
                root,
                None,
                f"has more than {max_folders} folders: environments further down were not looked "
                "for",
                hint="name them: --venv FOLDER",
            )
            break
        below = waiting.popleft()
        looked_into += 1
        own_name = below.rpartition("/")[2]
        inner_folders, told, is_cache = _list_entries(os.path.join(root, below))
        read = _read_conda if own_name == "conda-meta" else _read_name
        if any(read(name) in names for name in told):
            places.append(os.path.join(root, below))
            continue
        if own_name in ("site-packages", "dist-packages"):
            continue
        for name in inner_folders:
            inner = f"{below}/{name}" if below else name
            if name in _WITHOUT or inner in _WITHOUT_BELOW_ROOT:
                continue
            if is_cache and _UNPACKED.fullmatch(name):
                continue
            if f"/{inner}" in foreign:
                skipped.append((f"/{inner}", foreign[f"/{inner}"]))
                continue
            waiting.append(inner)
    folders = dict.fromkeys(_environment_of(place, root) for place in sorted(places))
    return FoundEnvironments(tuple(folders), tuple(skipped), problem)


def _read_conda(entry: str) -> str:
    return read_conda_name(entry)[0]


def _read_name(entry: str) -> str:
    """The package that a name in a folder of distributions states, empty for none."""
    if entry.endswith(".egg-link"):
        return canonicalize_name(entry.removesuffix(".egg-link"))
    return read_metadata_name(entry)[0]


def _list_entries(folder: str) -> tuple[list[str], list[str], bool]:
    """The folders in a folder in their order, the names that may tell a distribution, and whether
    it is marked as a cache; nothing where it cannot be read.

    A machine has tens of thousands of folders: this is most of what a check of it takes.
    """
    folders: list[str] = []
    told: list[str] = []
    is_cache = False
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.endswith(_TELLING):
                    told.append(name)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(name)
                elif name == "CACHEDIR.TAG":
                    is_cache = True
    except OSError:
        return [], [], False
    folders.sort()
    return folders, told, is_cache


def _environment_of(place: str, root: str) -> str:
    """The environment that a folder of distributions belongs to; the folder itself, where that is
    the system's or has no environment around it."""
    inside = r"(.*)/(?:conda-meta|lib(?:64)?/python3(?:\.\d+)?/(?:site|dist)-packages)"
    match = re.fullmatch(inside, place)
    if match is None or match[1] in {os.path.join(root, name) for name in ("usr", "usr/local")}:
        return place
    return place if os.path.normpath(match[1]) == os.path.normpath(root) else match[1]


def _foreign_mounts(root: str) -> dict[str, str]:
    """The mounts of this machine that are not on its own disks, and the types of their file
    systems; none below another root than that of the machine."""
    if os.path.realpath(root) != "/":
        return {}
    try:
        text = read_bounded("/proc/self/mountinfo", MAX_MOUNTS).decode("utf-8", "replace")
    except UnreadableInput:
        return {}
    found = {}
    for line in text.splitlines():
        before, dash, after = line.partition(" - ")
        fields, kind = before.split(" "), after.partition(" ")[0]
        if dash and len(fields) > 4 and kind not in _LOCAL:
            found[re.sub(r"\\([0-7]{3})", _unescape, fields[4])] = kind
    return found


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 8))
