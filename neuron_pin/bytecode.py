"""The bytecode of the modules that commands used, in one file: a start reads that one.

Python looks for each module in its folder, asks for its source and several other names, opens its
bytecode, reads it and checks it.  A lock takes 87 modules, so that this is a tenth of its
time, and most of it where the disk is slow and nothing is in memory yet.  The command line takes
modules from this file as long as their source has the size and the time that it had, which is how
Python decides it too (PEP 3147): an edited or a replaced module counts at once.  What is not in the
file is imported by Python's own way and kept for the next start, unless Python may not write
bytecode, or the folder is another's.  Who imports the package as a library has Python's own way.

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

    Kept = tuple[bool, int, int, int, int]
    """Of a module: whether it is a package; its source's time in whole seconds and its size in
    bytes, as its own bytecode states them; where its bytecode begins and how long it is."""

INSIDE = "neuron_pin."
"""What the names of the modules begin with."""
HEAD = b"neuron-pin modules 1\n"
"""What no bytecode begins with."""
MOST_BYTES = 8_000_000
"""No larger file is written; all modules together have 6,300,000 bytes."""


class _Loader(SourceFileLoader):
    """Python's own, with the bytecode at hand."""

    def __init__(self, name: str, path: str, bytecode: memoryview) -> None:
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

    def __init__(self, folder: str, path: str, bytecode: str) -> None:
        self._folder = folder
        self._bytecode_of_package = bytecode
        self._path = path
        self._kept, self._bytecode = _load(path)
        self._missed: list[str] = []

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a module is, if the file has it as its source is now."""
        if not name.startswith(INSIDE):
            return None
        kept = self._kept.get(name)
        if kept is not None:
            is_package, modified, size, start, length = kept
            folder = self._folder + name[len(INSIDE) :].replace(".", os.sep)
            source = f"{folder}{os.sep}__init__.py" if is_package else f"{folder}.py"
            if _stat_source(source) == (modified, size):
                loader = _Loader(name, source, self._bytecode[start : start + length])
                spec = ModuleSpec(name, loader, origin=source)
                spec.has_location = True
                spec.cached = self._path
                if is_package:
                    spec.submodule_search_locations = [folder]
                return spec
        self._missed.append(name)
        return None

    def keep(self) -> None:
        """Write the file anew, if modules were imported that it does not have as they are now."""
        if sys.dont_write_bytecode:
            return
        # Python has read it, so that its form is this Python's; `importlib.util` says it too, and
        # imports five times what it has.
        magic = _read(self._bytecode_of_package)[:4]
        found = {
            name: read for name in self._missed if (read := _read_bytecode(name, magic)) is not None
        }
        if not found:
            return
        for name, (is_package, modified, size, start, length) in self._kept.items():
            before = (is_package, modified, size), self._bytecode[start : start + length]
            found.setdefault(name, before)
        kept: dict[str, Kept] = {}
        start = 0
        for name, (stated, bytecode) in found.items():
            kept[name] = (*stated, start, len(bytecode))
            start += len(bytecode)
        index = marshal.dumps((sys.version, kept))
        data = b"".join(
            (HEAD, len(index).to_bytes(4, "little"), index, *(piece for _, piece in found.values()))
        )
        if len(data) <= MOST_BYTES:
            # As Python writes bytecode: whole or not at all, and in silence where it may not.
            SourceFileLoader(INSIDE, self._path).set_data(self._path, data)


def take_modules(package: ModuleType) -> Modules | None:
    """Let Python look for the package's modules in the file first.

    None if its modules are not files, those of a zipped program say.
    """
    spec = package.__spec__
    if spec is None or type(spec.loader) is not SourceFileLoader or not spec.cached:
        return None
    place, own = os.path.split(spec.cached)
    path = os.path.join(place, own.replace("__init__", "all_modules", 1))
    modules = Modules(os.path.dirname(str(spec.origin)) + os.sep, path, spec.cached)
    sys.meta_path.insert(0, modules)
    return modules


def _load(path: str) -> tuple[dict[str, Kept], memoryview]:
    """The index of the file, and the bytecode that it says the places of."""
    data = memoryview(_read(path))
    try:
        if data[: len(HEAD)] == HEAD:
            index = data[len(HEAD) + 4 :]
            end = int.from_bytes(data[len(HEAD) : len(HEAD) + 4], "little")
            version, kept = marshal.loads(index[:end])  # noqa: S302 - bytecode, as Python's own
            # Of another Python with the same tag, a later candidate say, no bytecode is taken.
            if version == sys.version:
                return kept, index[end:]
    except (EOFError, ValueError, TypeError):
        pass
    return {}, memoryview(b"")


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


def _read_bytecode(
    name: str, magic: bytes
) -> tuple[tuple[bool, int, int], bytes | memoryview] | None:
    """What Python wrote of a module that it has imported, if it is of the source as it is now and
    says so by time and size (PEP 552 has files that say it otherwise)."""
    module = sys.modules.get(name)
    spec = None if module is None else module.__spec__
    if spec is None or not spec.cached or not spec.origin:
        return None
    data = _read(spec.cached)
    flags = int.from_bytes(data[4:8], "little")
    stated = int.from_bytes(data[8:12], "little"), int.from_bytes(data[12:16], "little")
    if not data or data[:4] != magic or flags or stated != _stat_source(spec.origin):
        return None
    return (spec.submodule_search_locations is not None, *stated), data[16:]
