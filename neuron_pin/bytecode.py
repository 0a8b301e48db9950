"""The bytecode of the modules that commands used, in one file: a start reads what it needs of that.

Python looks for each module in its folders, asks for its source and several other names, opens its
bytecode, reads it and checks it.  A lock takes 87 modules of the package and 45 of Python's, so
that this is a tenth of its time, and most of it where the disk is slow and nothing is in memory.

The command line takes modules from this file as long as their source has the size and the time
that it had, which is how Python decides it too (PEP 3147): an edited or a replaced module counts at
once.  What is not in the file is imported by Python's own way and kept for the next start, unless
Python may not write bytecode, or the folder is another's.  Modules of others are taken as long as
Python looks for modules where it did then (`sys.path`).  Who imports the package as a library has
Python's own way.

The file is where the bytecode of `neuron_pin.all_modules` would be, with the rights and the trust
of all other bytecode beside it.  Without it, or with one that cannot be read, all is as before.
"""

from __future__ import annotations

import marshal
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

    Kept = tuple[str, bool, int, int, int, int]
    """Of a module: its source, and whether that is a package's; its source's time in whole seconds
    and size in bytes, as its own bytecode states them; where its bytecode begins in the file, and
    how long it is."""

INSIDE = "neuron_pin."
"""What the names of the package's own modules begin with."""
HEAD = b"neuron-pin modules 3\n"
"""What no bytecode begins with."""
FIRST = 64 * 1024
"""Bytes of the file that are read at once; the index of most files ends in them."""
MOST_BYTES = 16_000_000
"""No larger file is written; all modules of the package together have 6,300,000 bytes."""


class _Loader(SourceFileLoader):
    """Python's own, with the bytecode at hand."""

    def __init__(self, name: str, path: str, bytecode: bytes) -> None:
        super().__init__(name, path)
        self.bytecode = bytecode

    def get_code(self, fullname: str) -> CodeType | None:
        try:
            code: CodeType = marshal.loads(self.bytecode)  # noqa: S302 - bytecode, as Python's own
        except (EOFError, ValueError, TypeError):
            return super().get_code(fullname)
        return code


class Modules:
    """A finder of modules (`importlib.abc.MetaPathFinder`) in the one file."""

    def __init__(self, folder: str, path: str, bytecode_of_package: str) -> None:
        self._folder = folder
        self._path = path
        self._bytecode_of_package = bytecode_of_package
        self._descriptor, self._begin = -1, 0
        self._kept: dict[str, Kept] = {}
        self._search: list[str] = []
        self._open()
        # A program of an environment, as installers make it, finds no modules where it is started.
        self._takes_others = sys.path[:1] == [os.path.dirname(sys.executable or ".")]
        if self._takes_others and self._search != sys.path:
            # There may be others of the same names now.
            self._search = sys.path[:]
            self._kept = {name: kept for name, kept in self._kept.items() if _is_inside(name)}
        self._missed: list[str] = []

    def _open(self) -> None:
        """Read the index.  The file stays open: another may take its place meanwhile."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        data = os.pread(descriptor, FIRST, 0)
        size = int.from_bytes(data[len(HEAD) : len(HEAD) + 4], "little")
        end = len(HEAD) + 4 + size
        if data.startswith(HEAD):
            if end > len(data):
                data += os.pread(descriptor, end - len(data), len(data))
            try:
                version, folder, search, kept = marshal.loads(  # noqa: S302 - as all bytecode
                    data[len(HEAD) + 4 : end]
                )
            except (EOFError, ValueError, TypeError):
                version = folder = ""
            # Nothing is taken of another Python with the same tag, a later candidate say, nor of
            # the place that all of this was copied from.
            if version == sys.version and folder == self._folder:
                self._descriptor, self._begin = descriptor, end
                self._search, self._kept = search, kept
                return
        os.close(descriptor)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a module is, if the file has it as its source is now."""
        if not (self._takes_others or _is_inside(name)):
            return None
        kept = self._kept.get(name)
        if kept is not None:
            source, is_package, modified, size, start, length = kept
            if _stat_source(source) == (modified, size):
                bytecode = os.pread(self._descriptor, length, self._begin + start)
                spec = ModuleSpec(name, _Loader(name, source, bytecode), origin=source)
                spec.has_location = True
                spec.cached = self._path
                if is_package:
                    spec.submodule_search_locations = [os.path.dirname(source)]
                return spec
        self._missed.append(name)
        return None

    def keep(self) -> None:
        """Write the file anew, if modules were imported that it does not have as they are now."""
        if sys.dont_write_bytecode:
            return
        # Modules in C are missed at every start: nothing is read for them.
        missed = [spec for name in self._missed if (spec := _find_source_spec(name)) is not None]
        if not missed:
            return
        # Python has read it, so that its form is this Python's; `importlib.util` says it too, and
        # imports five times what it has.
        magic = _read(self._bytecode_of_package)[:4]
        found = {
            spec.name: read for spec in missed if (read := _read_bytecode(spec, magic)) is not None
        }
        if not found:
            return
        for name, (source, is_package, modified, size, start, length) in self._kept.items():
            if name not in found:
                bytecode = os.pread(self._descriptor, length, self._begin + start)
                found[name] = (source, is_package, modified, size), bytecode
        kept: dict[str, Kept] = {}
        start = 0
        for name, (stated, bytecode) in found.items():
            kept[name] = (*stated, start, len(bytecode))
            start += len(bytecode)
        index = marshal.dumps((sys.version, self._folder, self._search, kept))
        pieces = (piece for _, piece in found.values())
        data = b"".join((HEAD, len(index).to_bytes(4, "little"), index, *pieces))
        if len(data) <= MOST_BYTES:
            # As Python writes bytecode: whole or not at all, and in silence where it may not.
            SourceFileLoader(INSIDE, self._path).set_data(self._path, data)


def take_modules(package: ModuleType) -> Modules | None:
    """Let Python look for modules in the file first.

    None if the package's modules are not files, those of a zipped program say.
    """
    spec = package.__spec__
    if spec is None or type(spec.loader) is not SourceFileLoader or not spec.cached:
        return None
    place, own = os.path.split(spec.cached)
    path = os.path.join(place, own.replace("__init__", "all_modules", 1))
    modules = Modules(os.path.dirname(str(spec.origin)), path, spec.cached)
    sys.meta_path.insert(0, modules)
    return modules


def _is_inside(name: str) -> bool:
    return name.startswith(INSIDE)


def _read(path: str) -> bytes:
    """All of a file; nothing if that fails."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""


def _stat_source(path: str) -> tuple[int, int] | None:
    """A source's time in whole seconds and size in bytes, as bytecode states them."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return int(found.st_mtime) & 0xFFFF_FFFF, found.st_size & 0xFFFF_FFFF


def _find_source_spec(name: str) -> ModuleSpec | None:
    """Where Python found a module that it has imported from a source; none if it did not."""
    spec: ModuleSpec | None = getattr(sys.modules.get(name), "__spec__", None)
    if spec is None or type(spec.loader) is not SourceFileLoader or spec.name != name:
        return None
    return spec


def _read_bytecode(
    spec: ModuleSpec, magic: bytes
) -> tuple[tuple[str, bool, int, int], bytes] | None:
    """What Python wrote of a module, if it is of the source as it is now and says so by time and
    size (PEP 552 has files that say it otherwise)."""
    if not spec.cached or not spec.origin:
        return None
    data = _read(spec.cached)
    flags = int.from_bytes(data[4:8], "little")
    modified, size = int.from_bytes(data[8:12], "little"), int.from_bytes(data[12:16], "little")
    if not data or data[:4] != magic or flags or _stat_source(spec.origin) != (modified, size):
        return None
    folders = spec.submodule_search_locations
    if folders is not None and list(folders) != [os.path.dirname(spec.origin)]:
        return None
    return (spec.origin, folders is not None, modified, size), data[16:]
