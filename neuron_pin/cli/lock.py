"""``neuron-pin lock``: resolve once, write every form asked for."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from datetime import datetime, timezone

from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.inputs import parse_all
from neuron_pin.operations.lock import lock
from neuron_pin.operations.write import (
    Output,
    check_destinations,
    path_under_root,
    prepare,
    remove,
    write,
)
from neuron_pin.outputs import FILE_NAMES, FORMATS, choose_formats, find_format
from neuron_pin.resolve import Preferences
from neuron_pin.settings import load_settings, redact_urls

from .console import Console
from .options import Options, add_sources, add_target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``neuron-pin lock``."""
    parser.add_argument("requirements", metavar="REQ", nargs="*", help="default: all components")
    parser.add_argument("-r", "--requirement", metavar="FILE", action="append", default=[])
    parser.add_argument("-c", "--constraint", metavar="FILE", action="append", default=[])
    parser.add_argument(
        "-o", "--output", metavar="FILE", action="append", default=[], help=", ".join(FILE_NAMES)
    )
    parser.add_argument("--root", metavar="DIR", help="write below this folder")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    parser.add_argument(
        "--overwrite", action="store_true", help="system files that were edited by hand, too"
    )
    parser.add_argument(
        "--remove", action="store_true", help="take away what was written to the system files"
    )
    parser.add_argument("--diff", action="store_true", help="show what changes in files")
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        help="where a name tells none, and without -o: " + ", ".join(FORMATS),
    )
    parser.add_argument(
        "--override", metavar="FILE", action="append", help="replaces what others require"
    )
    parser.add_argument("-U", "--upgrade", action="store_true", help="ignore what was locked")
    parser.add_argument(
        "-P", "--upgrade-package", metavar="NAME", action="append", help="… of this package"
    )
    parser.add_argument(
        "--extra", metavar="NAME", action="append", default=[], help="of a pyproject.toml"
    )
    parser.add_argument("--all-extras", action="store_true")
    parser.add_argument(
        "--group",
        metavar="[PATH:]NAME",
        action="append",
        default=[],
        help="a dependency group (PEP 735)",
    )
    parser.add_argument(
        "--build", metavar="NAME", action="append", help="may run this package's own build"
    )
    parser.add_argument("--generate-hashes", action="store_true", help="hashes in constraints")
    parser.add_argument("--expires", metavar="DATE", help="when pins should be looked at again")
    parser.add_argument("--pin", metavar="STRENGTH", help="exact (default), minor or major")
    add_target(parser)
    add_sources(parser)


def run(options: Options, console: Console) -> int:
    """Resolve, then write; with no solution or no way to write, nothing is written."""
    if options.remove:
        return _remove(options, console)
    settings = load_settings(vars(options), os.environ, "")
    catalog = load_catalog()
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
        )
    outputs = _outputs(options)
    if not options.dry_run:
        check_destinations(outputs)
    printed = None if outputs else find_format(options.format or "constraints")
    forms = [printed] if printed else [output.form for output in outputs]
    preferred = None
    if outputs and not settings.upgrade:
        from neuron_pin.inputs.locks.preferences import read_locked

        found = [read_locked(o.path, o.form.name) for o in outputs if o.form.is_kept]
        versions = {name: version for _, pins in found for name, version in pins.items()}
        preferred = Preferences(next((sdk for sdk, _ in found if sdk), ""), versions)
    resolution = lock(
        settings,
        catalog,
        requirements,
        files,
        today=datetime.now(timezone.utc).date(),
        this_python=".".join(str(part) for part in sys.version_info[:3]),
        environ=os.environ,
        preferred=preferred,
        all_files=any(form.names_files for form in forms),
    )
    command = shlex.join(["neuron-pin", *_without_outputs(options.arguments)])
    prepared = prepare(outputs, resolution, command, overwrite=options.overwrite)
    for warning in resolution.warnings:
        console.warn(warning)
    if printed is not None:
        console.result(printed.render(resolution, command))
        return 0
    if options.diff:
        console.result("".join(file.diff() for file in prepared))
    if options.dry_run:
        for file in prepared:
            console.note(f"{file.path}: would be {'written' if file.changes else 'unchanged'}")
        return 0
    for path, changed in write(prepared):
        console.note(f"{path}: {'written' if changed else 'unchanged'}")
    if not console.quiet and not options.diff:
        console.result(FORMATS["text"].render(resolution, command))
    return 0


def _outputs(options: Options) -> list[Output]:
    asked = find_format(options.format) if options.format else None
    paths = [path_under_root(options.root or "", path) for path in options.output]
    return [Output(*each) for each in zip(paths, choose_formats(paths, asked), strict=True)]


def _remove(options: Options, console: Console) -> int:
    if not options.output:
        raise WrongUsage("--remove: which files?", hint="name them with -o")
    for path, there in remove(_outputs(options), overwrite=options.overwrite):
        console.note(f"{path}: {'removed' if there else 'nothing of ours'}")
    return 0


def _without_outputs(arguments: list[str]) -> list[str]:
    """The command line less where it writes to, which does not belong into what it writes,
    and less the passwords in addresses, which never do."""
    kept: list[str] = []
    words = iter(arguments)
    for word in words:
        if word in ("-o", "--output", "--root"):
            next(words, None)
        elif word not in ("--dry-run", "--diff", "--overwrite") and not word.startswith(
            ("--output=", "--root=", "-o")
        ):
            kept.append(redact_urls(word))
    return kept
