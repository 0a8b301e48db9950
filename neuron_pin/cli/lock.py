"""``neuron-pin lock``: resolve once, write every form asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from neuron_pin.catalog import canonicalize_name, load_catalog
from neuron_pin.errors import WrongUsage, nearest
from neuron_pin.inputs import parse_all
from neuron_pin.operations.lock import lock
from neuron_pin.outputs import (
    FORMATS,
    Format,
    choose_formats,
    choose_printed,
    find_format,
    infer_format,
)
from neuron_pin.settings import load_settings
from neuron_pin.target import Scope

from .command_parser import CommandParser
from .console import Console
from .facts import parse_day_or_today, today, warn_of_old_facts
from .options import Options, add_sources, add_target
from .rewriting import written_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuron_pin.operations.write import FileChange, Output


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin lock``."""
    del common
    parser.examples = (
        "lock --offline --instance trn2 --os ubuntu24.04 -o constraints.txt",
        "lock -r requirements.in --python 3.11 -o lock.json -o pylock.toml",
        "lock -r requirements.in -o constraints.txt --check",
    )
    parser.add_argument(
        "requirements",
        metavar="REQ",
        nargs="*",
        help="a requirement: torch-neuronx, 'transformers>=4.50', aws-neuronx-tools=2.*; "
        "default: every component for the target",
    )
    group = parser.add_argument_group("requirements")
    group.add_argument(
        "-r",
        "--requirement",
        "--requirements",
        metavar="FILE",
        action="append",
        default=[],
        help="read requirements from this file (requirements.txt, pyproject.toml); may be repeated",
    )
    group.add_argument(
        "-c",
        "--constraint",
        "--constraints",
        metavar="FILE",
        action="append",
        default=[],
        help="keep packages within the versions of this file; may be repeated",
    )
    group.add_argument(
        "-U", "--upgrade", action="store_true", help="ignore the versions of existing locks"
    )
    group.add_argument(
        "-P",
        "--upgrade-package",
        metavar="NAME",
        action="append",
        help="ignore the version of this package in existing locks; may be repeated",
    )
    group.add_argument(
        "--pin",
        metavar="STRENGTH",
        help="pin Neuron packages to the exact version (default), the minor or the major",
    )
    group = parser.add_argument_group("output")
    group.add_argument(
        "-o",
        "--output",
        "--output-file",
        metavar="FILE",
        action="append",
        default=[],
        help="write this file; its name tells the format (*.txt, *.json, pylock.toml, *.pref "
        "…); - is standard output; may be repeated",
    )
    group.add_argument(
        "--host-output",
        metavar="FILE",
        action="append",
        default=[],
        help="write what is for the host to this file: driver, tools, OCI hook; may be repeated",
    )
    group.add_argument(
        "--container-output",
        metavar="FILE",
        action="append",
        default=[],
        help="write what is for a container on that host to this file; may be repeated",
    )
    group.add_argument(
        "--format",
        metavar="FORMAT",
        help="use this format where no name tells one; default: constraints, for system packages "
        "alone apt preferences or a version lock",
    )
    group.add_argument(
        "--check",
        "--locked",
        action="store_true",
        help="write nothing; exit with 1 and print a diff if the files would change",
    )
    group.add_argument(
        "--diff", action="store_true", help="write nothing; print a diff of the files"
    )
    group.add_argument(
        "--dry-run", action="store_true", help="write nothing; name the files that would change"
    )
    group.add_argument(
        "--generate-hashes", action="store_true", help="write the hash of every file as well"
    )
    add_target(parser)
    add_sources(parser)
    group = parser.add_advanced_group("formats, and the file names that tell them")
    group.description = "\n".join(
        f"{form.name:18}{', '.join(form.files) or '(--format)'}" for form in FORMATS.values()
    )
    group = parser.add_advanced_group("more output")
    group.add_argument("--root", metavar="DIR", help="write the files below this folder")
    group.add_argument(
        "--overwrite",
        action="store_true",
        help="overwrite files that others wrote, and system files that were edited by hand",
    )
    group.add_argument(
        "--remove",
        action="store_true",
        help="remove what neuron-pin wrote to the files that -o names",
    )
    group.add_argument(
        "--expires",
        metavar="DATE",
        help="have the lock say that it should be reviewed by this day",
    )
    group = parser.add_advanced_group("more requirements")
    group.add_argument(
        "--group",
        metavar="[PATH:]NAME",
        action="append",
        default=[],
        help="read this dependency group (PEP 735) of pyproject.toml; may be repeated",
    )
    group.add_argument(
        "--extra",
        metavar="NAME",
        action="append",
        default=[],
        help="include this extra of a pyproject.toml; may be repeated",
    )
    group.add_argument(
        "--all-extras", action="store_true", help="include every extra of a pyproject.toml"
    )
    group.add_argument(
        "--override",
        metavar="FILE",
        action="append",
        help="use the requirements of this file instead of what packages require; may be repeated",
    )
    group.add_argument(
        "--build",
        metavar="NAME",
        action="append",
        help="let this package run its own build to tell what it requires; may be repeated",
    )


def run(options: Options, console: Console) -> int:
    """Resolve, then write; with no solution or no way to write, nothing is written."""
    if options.remove:
        return _remove(options, console)
    writes_nothing = options.check or options.diff or options.dry_run
    _refuse_contradictions(options)
    settings = load_settings(vars(options), os.environ, "")
    _refuse_other_side(options, settings.scope)
    catalog = load_catalog()
    age = warn_of_old_facts(console, catalog, parse_day_or_today(settings.as_of))
    requirements = parse_all(options.requirements)
    files = []
    if options.requirement or options.constraint or options.group or options.extra:
        from neuron_pin.inputs.requirements.collect import read_inputs

        files = read_inputs(
            options.requirement,
            options.constraint,
            options.group,
            extras=options.extra,
            all_extras=options.all_extras,
            environ=os.environ,
            has_others=bool(requirements),
        )
    outputs, printed = _outputs(options)
    if outputs:
        # Imported late, here and below: a lock that is printed writes no file.
        from neuron_pin.operations.replaceable import check_replaceable
        from neuron_pin.operations.write import check_destinations

        if not writes_nothing:
            check_destinations(outputs)
        inputs = [*options.requirement, *options.constraint, *settings.override]
        inputs += [group.rpartition(":")[0] or "pyproject.toml" for group in options.group]
        check_replaceable(outputs, inputs, overwrite=options.overwrite)
    forms = [output.form for output in outputs] + ([printed] if printed else [])
    preferred = None
    if outputs and not settings.upgrade:
        from neuron_pin.operations.keep_lock import read_preferences

        preferred = read_preferences((o.path, o.form.name) for o in outputs if o.form.is_kept)
        if preferred.versions:
            _warn_of_unlocked(settings.upgrade_package, preferred.versions, console)
    with console.watch("Resolving", is_long=not settings.offline) as reporter:
        resolution = lock(
            settings,
            catalog,
            requirements,
            files,
            today=today(),
            this_python=".".join(str(part) for part in sys.version_info[:3]),
            environ=os.environ,
            preferred=preferred,
            all_files=any(form.names_files for form in forms),
            reporter=reporter,
        )
    if not options.check and preferred is not None and preferred.sdk == resolution.sdk is not None:
        from neuron_pin.operations.keep_lock import find_newer_release

        newer = find_newer_release(resolution, catalog)
        if newer:
            kept = " and ".join(output.path for output in outputs if output.form.is_kept)
            console.note(
                f"kept SDK {resolution.sdk} of {kept}; {newer} is the newest: --upgrade tries it"
            )
    if preferred is not None and settings.upgrade_package:
        from neuron_pin.operations.keep_lock import find_companions

        for moved in find_companions(resolution, preferred, settings.upgrade_package):
            console.note(f"{moved.name} {moved.old} -> {moved.new}, too: {moved.reason}")
    command = written_command(options.arguments, valued=("--root",), flags=_NOT_OF_A_LOCK)
    prepared: list[FileChange] = []
    if outputs:
        from neuron_pin.operations.write import prepare

        prepared = prepare(outputs, resolution, command, catalog, overwrite=options.overwrite)
    for warning in resolution.warnings:
        if warning != age.warning:
            console.warn(warning)
    for file in prepared:
        if file.warning:
            console.warn(f"{file.path}: {file.warning}")
    if options.check:
        from neuron_pin.operations.write import find_drift

        drifted = find_drift(prepared)
        console.result("".join(file.diff() for file in drifted))
        for file in drifted:
            console.note(f"{file.path}: would change")
        return 1 if drifted else 0
    if options.diff:
        console.result("".join(file.diff() for file in prepared))
    elif writes_nothing:
        for file in prepared:
            console.note(f"{file.path}: would be {'written' if file.changes else 'unchanged'}")
    elif prepared:
        from neuron_pin.operations.write import write

        for path, changed in write(prepared):
            console.note(f"{path}: {'written' if changed else 'unchanged'}")
    if printed is not None and not options.format:
        printed = choose_printed(resolution)
    if printed is not None and printed.name != "text":
        console.result(printed.render(resolution, command))
    elif printed is not None or (not console.quiet and not writes_nothing):
        from neuron_pin.outputs.table import show_resolution

        everything = bool(console.verbose)
        console.show(show_resolution(resolution, console.screen, everything=everything))
    return 0


STDOUT = "-"
"""What ``-o`` calls standard output."""


def _refuse_contradictions(options: Options) -> None:
    """Raise `WrongUsage` for ``--check`` and ``--diff`` without a file to compare with."""
    for name in ("check", "diff"):
        if getattr(options, name) and (not _files(options) or STDOUT in options.output):
            raise WrongUsage(
                f"--{name} compares with files", hint="name the files with -o constraints.txt"
            )


def _refuse_other_side(options: Options, scope: str | None) -> None:
    """Raise `WrongUsage` for a file of the side that ``--scope`` excludes."""
    for side, other in (("host", "container"), ("container", "host")):
        if scope == other and getattr(options, f"{side}_output"):
            raise WrongUsage(
                f"--{side}-output has nothing to write with --scope {other}",
                hint="leave --scope out: the lock is then for both sides",
            )


def _files(options: Options) -> list[str]:
    """Every file that is to be written, whatever part of the lock."""
    return [*options.output, *options.host_output, *options.container_output]


def _warn_of_unlocked(names: Iterable[str], versions: Iterable[str], console: Console) -> None:
    """Warn of ``--upgrade-package`` for what no existing lock has: it changes nothing."""
    known = set(versions)
    for name in names:
        if canonicalize_name(name) not in known:
            near = nearest(canonicalize_name(name), sorted(known))
            guess = f"; did you mean {' or '.join(near)}?" if near else ""
            console.warn(f"--upgrade-package {name}: no such package in the lock{guess}")


def _outputs(options: Options) -> tuple[list[Output], Format | None]:
    """The files to write, and the format to print, none for a table; ``--format`` is for what
    no name tells."""
    asked = find_format(options.format) if options.format else None
    for name in (*options.host_output, *options.container_output):
        if name == STDOUT:
            raise WrongUsage(
                "--host-output and --container-output write files, and - is not a file",
                hint="to print one side, lock it alone: --scope host or --scope container",
            )
    named = [(name, Scope.BOTH) for name in options.output if name != STDOUT]
    named += [(name, Scope.HOST) for name in options.host_output]
    named += [(name, Scope.CONTAINER) for name in options.container_output]
    printed = None
    if STDOUT in options.output or not named:
        printed = asked or find_format("constraints")
        if all(infer_format(name) for name, _ in named):
            asked = None
    if not named:
        return [], printed
    from neuron_pin.operations.write import Output, path_under_root

    paths = [path_under_root(options.root or "", name) for name, _ in named]
    forms = choose_formats(paths, asked)
    return [
        Output(path, form, scope)
        for path, form, (_, scope) in zip(paths, forms, named, strict=True)
    ], printed


def _remove(options: Options, console: Console) -> int:
    if not _files(options) or STDOUT in options.output:
        raise WrongUsage("--remove needs files", hint="name the files with -o")
    from neuron_pin.operations.write import remove

    for path, there in remove(_outputs(options)[0], overwrite=options.overwrite):
        console.note(f"{path}: {'removed' if there else 'neuron-pin wrote nothing there'}")
    return 0


_NOT_OF_A_LOCK = ("--check", "--locked", "--dry-run", "--diff", "--overwrite")
"""Options that change nothing in what is locked."""
