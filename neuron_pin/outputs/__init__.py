"""From a `Resolution` to text: one module a format, one row a format in `FORMATS`.

Modules are imported when their format is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module

from neuron_pin.errors import WrongUsage
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuron_pin.resolve import Resolution

Render = Callable[["Resolution", str], str]


class Format(NamedTuple):
    """One output format, and all that the rest of the program knows of it.

    ``module`` is one of this package's, ``function`` its ``(resolution, command) -> str``;
    ``summary`` says what reads the file.  ``files`` are the file names that tell the format:
    whole ones, or with one star for a part that is not empty, and has no dot in the middle of a
    name.  ``section_head`` is set where
    the format is a section of a file that others write to as well: what a new file begins
    with.  ``is_system_file``: a file of a machine's configuration that is neuron-pin's alone.
    ``names_files``: it names every file of a package, with its hashes.  ``is_kept``: an
    existing one is read before a lock is made, and kept to (`inputs.locks.preferences`).
    ``verifier`` is ``module:function`` of what tries the text before it is written, empty for
    nothing.
    """

    name: str
    module: str
    function: str
    summary: str
    files: tuple[str, ...] = ()
    section_head: str | None = None
    is_system_file: bool = False
    names_files: bool = False
    is_kept: bool = False
    verifier: str = ""

    @property
    def is_section(self) -> bool:
        """Whether it is a section of a file that others write to as well."""
        return self.section_head is not None

    @property
    def render(self) -> Render:
        """Its function, imported now."""
        found: Render = getattr(import_module(f"{__name__}.{self.module}"), self.function)
        return found


_ROWS = (
    Format(
        "constraints",
        "constraints",
        "render_constraints",
        "constraints of pip and uv",
        files=("*.txt",),
        is_kept=True,
    ),
    Format(
        "apt-preferences",
        "apt_preferences",
        "render_apt_preferences",
        "apt preferences",
        files=("*.pref",),
        is_system_file=True,
        verifier="neuron_pin.operations.verify_preferences:verify_preferences",
    ),
    Format(
        "json",
        "lock_json",
        "render_lock_json",
        "the lock itself, which the other commands read",
        files=("*.json",),
        is_kept=True,
    ),
    Format(
        "pylock",
        "pylock",
        "render_pylock",
        "PEP 751",
        files=("pylock.toml", "pylock.*.toml"),
        names_files=True,
        is_kept=True,
    ),
    Format("uv", "uv", "render_uv_toml", "settings of uv", files=("uv.toml",)),
    Format("uv-project", "uv", "render_uv_project", "`[tool.uv]` of a pyproject.toml"),
    Format("pip-conf", "pip_conf", "render_pip_conf", "settings of pip", files=("pip.conf",)),
    Format(
        "versionlock",
        "versionlock",
        "render_versionlock_list",
        "version lock of dnf 4",
        files=("versionlock.list",),
        section_head="",
    ),
    Format(
        "versionlock-toml",
        "versionlock",
        "render_versionlock_toml",
        "version lock of dnf 5",
        files=("versionlock.toml",),
        section_head='version = "1.0"\n\n',
    ),
    Format(
        "apt-source",
        "repositories",
        "render_sources",
        "Neuron's repository for apt",
        files=("*.sources",),
        is_system_file=True,
    ),
    Format(
        "rpm-repository",
        "repositories",
        "render_repo",
        "Neuron's repository for dnf",
        files=("*.repo",),
        is_system_file=True,
    ),
    Format(
        "hook-state",
        "hook_state",
        "render_hook_state",
        "what the hooks of apt and dnf judge by",
        files=("*.state",),
    ),
    Format("text", "table", "render_table", "a table to read"),
)

FORMATS = {row.name: row for row in _ROWS}
"""Every format, by name."""

FILE_NAMES = tuple(pattern for row in _ROWS for pattern in row.files)
"""The file names that tell a format."""


def find_format(name: str) -> Format:
    """The format of a name; raises `WrongUsage`."""
    if name not in FORMATS:
        raise WrongUsage(f"unknown format {name!r}", hint="known: " + ", ".join(FORMATS))
    return FORMATS[name]


def choose_printed(resolution: Resolution) -> Format:
    """The format that is printed where none is asked for: constraints, or for a lock of system
    packages alone, which have none, what their package manager reads."""
    kinds = {package.key.ecosystem for package in resolution.packages}
    if kinds == {Ecosystem.APT}:
        return FORMATS["apt-preferences"]
    return FORMATS["versionlock" if kinds == {Ecosystem.RPM} else "constraints"]


def describe_empty(form: Format, resolution: Resolution) -> str:
    """That a format of Python packages holds nothing of a lock, and what does; empty where it
    holds something."""
    better = choose_printed(resolution)
    if form.name not in ("constraints", "pylock", "pip-conf") or better.name == "constraints":
        return ""
    from neuron_pin.target import Scope

    from .system import describe_system_output

    scope = resolution.target.scope
    what = "the lock" if scope is Scope.BOTH else f"the lock for the {scope.value}"
    return (
        f"{what} has system packages alone, and none of them is in {form.summary}; "
        + describe_system_output(resolution.target)
    )


def infer_format(path: str) -> Format | None:
    """The format that a file name tells, None if it tells none."""
    name = os.path.basename(path)
    return next((row for row in _ROWS if any(_fits(name, pattern) for pattern in row.files)), None)


def choose_formats(paths: Sequence[str], asked: Format | None) -> list[Format]:
    """The format of each file: what its name tells, else the one that was asked for.

    Raises `WrongUsage` where a name tells nothing and none is asked for, and where every name
    tells a format and one of them is not what is asked for: nothing would be left for it to
    decide, and a file would hold what its name denies.
    """
    inferred = [infer_format(path) for path in paths]
    for path in paths:
        name = os.path.basename(path)
        if name.startswith("pylock.") and name.count(".") > 2 and name.endswith(".toml"):
            raise WrongUsage(
                f"{path}: pip and uv take no such name for a pylock",
                hint="name it pylock.toml, or pylock.NAME.toml with a NAME that has no dot",
            )
    found = []
    for path, form in zip(paths, inferred, strict=True):
        if form is None and asked is None:
            raise WrongUsage(
                f"{path}: the name does not tell a format",
                hint="use --format, or one of " + ", ".join(FILE_NAMES),
            )
        if asked is not None and form is not asked and None not in inferred:
            raise WrongUsage(
                f"{path}: --format {asked.name} contradicts the file name",
                hint="leave --format out, give the file another name, or print it: without -o",
            )
        found += [row for row in (form or asked,) if row is not None]
    return found


def _fits(name: str, pattern: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return name == pattern
    part = name.removeprefix(head).removesuffix(tail)
    is_whole = not head or "." not in part
    return len(name) > len(head + tail) and name == head + part + tail and is_whole


__all__ = [
    "FILE_NAMES",
    "FORMATS",
    "Format",
    "Render",
    "choose_formats",
    "choose_printed",
    "describe_empty",
    "find_format",
    "infer_format",
]
