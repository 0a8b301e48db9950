"""Installed distributions: what their metadata and RECORD say, not only their folders' names.

Source: "Recording installed projects" (PEP 376, 427, 627), core metadata, pyvenv.cfg of the
venv module; setuptools, "The Internal Structure of Python Eggs", for what older installers left.
Of other packages than those asked for only the names of folders are read.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Container, Iterator

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.record import NamedTuple

from .linked_projects import find_linked

MAX_METADATA = 4 * 1024 * 1024
MAX_RECORD = 32 * 1024 * 1024
MAX_MODULE = 64 * 1024
MAX_DISTRIBUTIONS = 20_000
MAX_LISTED = 100_000
"""How many names of a linked project's folder are looked at."""

_WITHOUT_RECORD = ("debian", "rpm")
"""Installers that keep the list of files themselves."""
_EGG_NAME = r"(?P<name>[^-]+(?:-[^-\d][^-]*)*?)(?:-(?P<version>\d[^-]*))?(?:-py\d.*)?"


class Distribution(NamedTuple):
    """One installed distribution.

    ``version`` is that of its metadata where that could be read, else of the folder's name.  The
    rest is empty for what was not asked for: ``summary``, the ``requires`` lines, ``files``,
    what is listed outside of the metadata's own folder, none where nothing lists it, and
    ``text``, the only module where there is no more than one.  ``problem`` says what could not
    be read.
    """

    name: str
    version: str
    place: str
    summary: str = ""
    requires: tuple[str, ...] = ()
    files: tuple[str, ...] | None = ()
    text: str = ""
    problem: str = ""


def read_metadata_name(entry: str) -> tuple[str, str]:
    """The package and the version that the name of a metadata folder, or of an egg, states;
    both empty for other names, the version for a name without one."""
    stem, dot, suffix = entry.rpartition(".")
    # pip, "Ignoring invalid distribution": what it moved away, and was killed before removing.
    if not dot or stem.startswith("~") or suffix not in ("dist-info", "egg-info", "egg"):
        return "", ""
    if suffix == "dist-info":
        name, _, version = stem.rpartition("-")
        return canonicalize_name(name), version.replace("_", "-")
    match = re.fullmatch(_EGG_NAME, stem)
    if match is None:
        return "", ""
    return canonicalize_name(match["name"]), (match["version"] or "").replace("_", "-")


def list_leftovers(folder: str, names: Container[str]) -> Iterator[Distribution]:
    """What an interrupted pip left of the named distributions, ``~euronx_cc-2.1.dist-info``; pip
    and uv pass it over, and it is not installed."""
    for place in site_packages(folder):
        for entry in sorted(os.listdir(place)):
            if not entry.startswith("~") or not entry.endswith(".dist-info"):
                continue
            path = f"{place}/{entry}"
            try:
                data = read_bounded(os.path.join(path, "METADATA"), MAX_METADATA)
            except UnreadableInput:
                continue
            headers, _ = _headers(data.decode("utf-8", "replace"))
            name = canonicalize_name(next(iter(headers.get("name", [])), ""))
            if name in names:
                yield Distribution(name, next(iter(headers.get("version", [])), ""), path)


def read_conda_name(entry: str) -> tuple[str, str]:
    """The package and the version that the name of a file in ``conda-meta`` states,
    ``NAME-VERSION-BUILD.json``; both empty for other names."""
    parts = entry.removesuffix(".json").rsplit("-", 2)
    if not entry.endswith(".json") or len(parts) != 3:
        return "", ""
    return canonicalize_name(parts[0]), parts[1]


def read_distributions(
    folder: str, names: Container[str], root: str = "/"
) -> Iterator[Distribution]:
    """The distributions of an environment, or of a folder of them, and those of projects and eggs
    that its ``.pth`` and ``.egg-link`` files name below ``root``; those of the names are looked
    into.  Raises `UnreadableInput` for what is no environment."""
    places = site_packages(folder)
    conda = os.path.join(folder, "conda-meta")
    if not places and not os.path.isdir(conda):
        raise not_an_environment(folder)
    linked = find_linked(places, root)
    found: set[str] = set()
    count = 0
    for place in (*places, *linked, conda):
        if place == conda and not os.path.isdir(conda):
            continue
        is_own = place in places
        if place in linked:
            place, entries = _list_linked(place)
        else:
            try:
                entries = sorted(os.listdir(place))
            except OSError as error:
                raise UnreadableInput(place, None, f"cannot be read: {error.strerror}") from None
        for entry in entries:
            if place == conda:
                name, version = read_conda_name(entry)
                if name not in names:
                    continue
            else:
                name, version = read_metadata_name(entry)
            # Python packages of conda have metadata of Python's too, and of two projects on its
            # path Python takes the first.
            if not name or (name in found and not is_own):
                continue
            count += 1
            if count > MAX_DISTRIBUTIONS:
                raise UnreadableInput(
                    folder, None, f"has more than {MAX_DISTRIBUTIONS} distributions"
                )
            found.add(name)
            plain = Distribution(name, version, f"{place}/{entry}")
            if name not in names and version:
                yield plain
            elif place == conda:
                yield plain._replace(files=None)
            elif entry.endswith(".dist-info"):
                yield _read_distribution(plain, place)
            else:
                yield _read_egg(plain)


def _list_linked(place: str) -> tuple[str, list[str]]:
    """The folder of metadata that a linked project or egg has, and the names of the metadata."""
    if place.endswith(".egg"):
        return os.path.split(place)[0], [os.path.basename(place)]
    try:
        with os.scandir(place) as entries:
            listed = [entry.name for entry in itertools.islice(entries, MAX_LISTED)]
    except OSError:
        return place, []
    # Python looks for no eggs in it.
    return place, sorted(name for name in listed if name.endswith("-info"))


def not_an_environment(folder: str) -> UnreadableInput:
    """What to raise for a folder without distributions: it may not exist, or be a part of an
    environment."""
    if not os.path.lexists(folder):
        return UnreadableInput(folder, None, "there is no such folder")
    near = folder.rstrip("/")
    for _ in range(3):
        near = os.path.dirname(near)
        if os.path.isfile(os.path.join(near, "pyvenv.cfg")):
            hint = f"did you mean {near}?"
            return UnreadableInput(folder, None, "this is inside of an environment", hint=hint)
    return UnreadableInput(
        folder,
        None,
        "holds no Python packages: neither an environment nor a folder of pip install --target",
    )


def site_packages(folder: str) -> list[str]:
    """The folders of distributions of an environment, or the folder itself if it is one."""
    found = []
    for lib in ("lib", "lib64"):
        place = os.path.join(folder, lib)
        for name in sorted(os.listdir(place)) if os.path.isdir(place) else ():
            inner = os.path.join(place, name, "site-packages")
            if re.fullmatch(r"python3\.\d+", name) and os.path.isdir(inner):
                found.append(inner)
    if os.path.basename(os.path.normpath(folder)) in ("site-packages", "dist-packages"):
        found.append(folder)
    if not found and os.path.isdir(folder) and _holds_distributions(folder):
        # As pip install --target makes it.
        found.append(folder)
    # lib64 is a link to lib.
    return list({os.path.realpath(place): place for place in found}.values())


def _holds_distributions(folder: str) -> bool:
    try:
        return any(read_metadata_name(entry)[0] for entry in os.listdir(folder))
    except OSError:
        return False


def environment_python(folder: str) -> str:
    """``3.11``: the Python of a virtual environment, empty where it does not tell."""
    try:
        text = read_bounded(os.path.join(folder, "pyvenv.cfg"), MAX_MODULE).decode("utf-8")
    except (UnreadableInput, UnicodeDecodeError):
        text = ""
    match = re.search(r"^version(?:_info)?\s*=\s*(3\.\d+)", text, re.M)
    if match is not None:
        return match[1]
    inside = next((place for place in site_packages(folder)), "")
    found = re.search(r"python(3\.\d+)/", inside)
    return found[1] if found is not None else ""


def _read_distribution(plain: Distribution, place: str) -> Distribution:
    try:
        data = read_bounded(os.path.join(plain.place, "METADATA"), MAX_METADATA)
    except UnreadableInput as error:
        return plain._replace(problem=f"METADATA {error.problem}")
    found = _read_metadata(plain, data, "METADATA")
    if found.problem:
        return found
    try:
        record = read_bounded(os.path.join(plain.place, "RECORD"), MAX_RECORD)
    except UnreadableInput as error:
        if _installer(plain.place) in _WITHOUT_RECORD:
            return found._replace(files=None)
        return found._replace(problem=f"RECORD {error.problem}")
    own = os.path.basename(plain.place) + "/"
    # Paths of modules have no commas; those that have are quoted, and are files all the same.
    paths = [row.partition(",")[0] for row in record.decode("utf-8", "replace").splitlines()]
    files = tuple(
        path for path in paths if path and not path.startswith(own) and "__pycache__" not in path
    )
    return found._replace(files=files, text=_only_module(files, place))


def _installer(place: str) -> str:
    """What installed a distribution by its own word, empty for unknown."""
    try:
        data = read_bounded(os.path.join(place, "INSTALLER"), MAX_MODULE)
    except UnreadableInput:
        return ""
    return data.decode("utf-8", "replace").strip()


def _read_egg(plain: Distribution) -> Distribution:
    """A distribution with setuptools' metadata, a folder or a file; what it installed is listed
    nowhere."""
    plain = plain._replace(files=None)
    inside = "EGG-INFO/PKG-INFO" if plain.place.endswith(".egg") else "PKG-INFO"
    try:
        if os.path.isdir(plain.place):
            data = read_bounded(os.path.join(plain.place, inside), MAX_METADATA)
        elif plain.place.endswith(".egg"):
            data = _read_from_zip(plain.place, inside)
        else:
            data = read_bounded(plain.place, MAX_METADATA)
    except UnreadableInput as error:
        return plain._replace(problem=f"PKG-INFO {error.problem}")
    return _read_metadata(plain, data, "PKG-INFO")


def _read_from_zip(path: str, name: str) -> bytes:
    """A file of an archive; raises `UnreadableInput`."""
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
            data = stream.read(MAX_METADATA + 1)
    except OSError as error:
        raise UnreadableInput(path, None, f"cannot be read: {error.strerror}") from None
    except (KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise UnreadableInput(path, None, f"cannot be read: {error}") from None
    if len(data) > MAX_METADATA:
        raise UnreadableInput(path, None, f"larger than {MAX_METADATA} bytes")
    return data


def _read_metadata(plain: Distribution, data: bytes, file: str) -> Distribution:
    headers, body = _headers(data.decode("utf-8", "replace"))
    versions = headers.get("version", [])
    if len(versions) != 1 or [canonicalize_name(n) for n in headers.get("name", [])] != [
        plain.name
    ]:
        return plain._replace(problem=f"{file} has not one Version and this Name")
    return plain._replace(
        version=versions[0],
        summary=" ".join([*headers.get("summary", []), body[:2000]]),
        requires=tuple(headers.get("requires-dist", [])),
    )


def _headers(text: str) -> tuple[dict[str, list[str]], str]:
    """The fields of core metadata by their names in lower case, and the body.

    By hand, because importing the standard library's reader of mail costs more than all else
    that a check of an environment does.
    """
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    found: dict[str, list[str]] = {}
    for field in re.sub(r"\n[ \t]+", " ", head).split("\n"):
        name, colon, value = field.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), []).append(" ".join(value.split()))
    return found, body


def _only_module(files: tuple[str, ...], place: str) -> str:
    # The finder of an editable project is the installer's.
    modules = [path for path in files if path.endswith(".py") and path[:12] != "__editable__"]
    if len(modules) != 1 or ".." in modules[0].split("/") or modules[0].startswith("/"):
        return ""
    try:
        data = read_bounded(os.path.join(place, modules[0]), MAX_MODULE)
    except UnreadableInput:
        return ""
    return data.decode("utf-8", "replace")
