"""``neuron-pin check``: files, environments, machines and images checked against the policy."""

from __future__ import annotations

import os
import time
from datetime import date, datetime, timezone

from neuron_pin.audit import Finding, Severity
from neuron_pin.audit.listing import count_findings, render_findings, summarize_places
from neuron_pin.audit.requirements import parse_within
from neuron_pin.catalog import FactsAge, load_catalog
from neuron_pin.catalog.names import DRIVER
from neuron_pin.catalog.newness import tell_newer_versions
from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.inputs.file_kind import list_kinds
from neuron_pin.operations.check import Check, CheckedInput, Wanted
from neuron_pin.operations.named_rules import failing_rules, read_rules
from neuron_pin.policy import Rule
from neuron_pin.settings import load_settings

from .command_parser import CommandParser
from .console import Console
from .facts import today, warn_of_old_facts
from .options import Options, add_format, add_target


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin check``."""
    del common
    parser.examples = (
        "check requirements.txt Dockerfile --instance trn2",
        "check .",
        "check --venv .venv --fail-on maintenance",
        "check requirements.txt --fix",
        "check --host",
        "check lock.json --neff-compiler 2.27.5334.0",
    )
    parser.add_argument(
        "files",
        metavar="FILE|DIR",
        nargs="*",
        help=f"a file to check: {list_kinds()}, by their names, and others by what they contain; "
        "or a folder with such files, without those that git ignores; - for standard input",
    )
    group = parser.add_argument_group("what to check besides files")
    group.add_argument(
        "--venv",
        metavar="DIR",
        action="append",
        default=[],
        help="check what is installed in this virtual environment; may be repeated",
    )
    group.add_argument("--host", action="store_true", help="check this machine")
    group.add_argument("--root", metavar="DIR", help="check the machine below this folder")
    group.add_argument(
        "--image",
        metavar="DIR|TAR",
        action="append",
        default=[],
        help="check this container image: an unpacked one, an OCI layout or the tarball of "
        "docker save; may be repeated",
    )
    group.add_argument(
        "--lock", metavar="FILE", help="check that all of it agrees with this lock.json as well"
    )
    group.add_argument(
        "--neff-compiler",
        metavar="COMPILER",
        help="check that the runtime libraries run models of this version of neuronx-cc, or of "
        "the compiler of this lock.json",
    )
    group.add_argument(
        "--neuron-index-url",
        metavar="URL",
        help="accept this index as a mirror of Neuron's, where a lock names it",
    )
    # What scripts give every command.
    group.add_argument(
        "--offline", action="store_true", help="change nothing: check never uses the network"
    )
    group = parser.add_argument_group("findings")
    group.add_argument(
        "--ignore",
        metavar="RULE",
        action="append",
        default=[],
        help="do not report this rule, such as NP305, or these, with commas; may be repeated",
    )
    group.add_argument(
        "--fail-on",
        metavar="RULE|PHASE",
        action="append",
        default=[],
        help="exit with 1 for this too: a rule, maintenance, ending, warning …; may be repeated",
    )
    group.add_argument(
        "--strict", action="store_true", help="make an error of everything that was not read"
    )
    group.add_argument("--exit-zero", action="store_true", help="exit with 0 whatever is found")
    group.add_argument(
        "--within",
        metavar="DAYS",
        default="90d",
        help="report what is announced to end within this time; default: 90d",
    )
    group.add_argument(
        "--baseline", metavar="FILE", help="do not report the findings recorded in this file"
    )
    group.add_argument(
        "--write-baseline", metavar="FILE", help="record today's findings in this file"
    )
    group.add_argument(
        "--fix", action="store_true", help="change files so that findings go, where that is safe"
    )
    group.add_argument(
        "--diff", action="store_true", help="write nothing; print what --fix would change"
    )
    add_format(
        parser,
        "text",
        "json",
        "sarif",
        "github",
        "cyclonedx",
        "spdx",
        "markdown",
        what="the findings",
    )
    add_target(parser)


def run(options: Options, console: Console) -> int:
    """Print the findings; 1 if one of them is an error or named by ``--fail-on``, 2 if
    something could not be read, 0 in any case with ``--exit-zero``."""
    within = parse_within(options.within)
    if within < 0:
        raise WrongUsage(f"--within: {options.within!r} is not a number of days", hint="write 90d")
    failing, ignored = failing_rules(options.fail_on), read_rules(options.ignore)
    host = options.root or ("/" if options.host else None)
    wanted = Wanted(options.files, options.venv, options.image, host)
    if not any(wanted[:3]) and host is None:
        raise WrongUsage(
            "nothing to check: give files, --venv, --host, --root or --image",
            hint="neuron-pin check requirements.txt, neuron-pin check --venv .venv, or "
            "neuron-pin check --host",
        )
    compiler = None
    if options.neff_compiler is not None:
        from neuron_pin.operations.explain_neff import read_compiler

        compiler = read_compiler(options.neff_compiler)
    catalog = load_catalog()
    check = Check(
        load_settings(vars(options), os.environ, ""),
        catalog,
        today=today(),
        now=time.time(),
        environ=os.environ,
        within_days=within,
        lock=options.lock,
        neff_compiler=compiler,
        is_strict=options.strict,
    )
    target = check.target()
    as_of = target.as_of
    newer = tell_newer_versions(catalog, [(DRIVER, target.driver)]) if target.driver else ""
    if newer:
        console.warn(newer)
    age = warn_of_old_facts(console, catalog, as_of)
    with console.watch("Checking") as reporter:
        checked = check.run(wanted, reporter)
    for warning in checked.warnings:
        console.warn(warning)
    reported = [finding for finding in checked.findings if finding.rule not in ignored]
    findings = _shown(reported, as_of, options, console)
    if options.fix or options.diff:
        findings = _fix(findings, options, console)
    _print(findings, checked, age, options, console)
    for error in checked.errors:
        console.error(error)
    if options.exit_zero:
        return 0
    if checked.errors:
        return 2
    return 1 if any(f.severity is Severity.ERROR or f.rule in failing for f in findings) else 0


def _shown(
    findings: list[Finding], as_of: date, options: Options, console: Console
) -> list[Finding]:
    """The findings that nobody has suppressed."""
    if not findings and not options.write_baseline:
        return findings
    from neuron_pin.audit.suppression import (
        drop_ignored,
        fingerprint,
        read_baseline,
        render_baseline,
    )

    kept = drop_ignored(findings, as_of)
    if options.write_baseline:
        from neuron_pin.fs.atomic import write_atomically

        write_atomically(options.write_baseline, render_baseline(kept))
        count = f"{len(kept)} finding{'s' * (len(kept) != 1)}"
        console.note(
            f"{count}, all recorded in {options.write_baseline}"
            if kept
            else f"no findings to record in {options.write_baseline}"
        )
        return []
    if options.baseline:
        known = read_baseline(options.baseline)
        kept = [finding for finding in kept if fingerprint(finding) not in known]
    return kept


def _fix(findings: list[Finding], options: Options, console: Console) -> list[Finding]:
    """The findings that are left; ``--diff`` shows the changes and writes nothing, with
    ``--fix`` too."""
    from neuron_pin.audit.fix import fix

    changed = fix(findings)
    if options.diff:
        if options.format == "text":
            console.result("".join(file.diff for file in changed))
        return findings
    from neuron_pin.fs.atomic import write_atomically

    for file in changed:
        data = file.text.encode("utf-8", "surrogateescape")
        write_atomically(file.path, data)
        console.note(f"{file.path}: {len(file.fixed)} fixed")
    fixed = {finding for file in changed for finding in file.fixed}
    return [finding for finding in findings if finding not in fixed]


def _print(
    findings: list[Finding],
    checked: CheckedInput,
    age: FactsAge,
    options: Options,
    console: Console,
) -> None:
    if options.format in ("cyclonedx", "spdx"):
        from neuron_pin.audit.cyclonedx import render_cyclonedx
        from neuron_pin.audit.spdx import render_spdx

        # https://reproducible-builds.org/specs/source-date-epoch/
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        is_time = epoch.isdecimal() and len(epoch) < 12
        made = datetime.fromtimestamp(int(epoch), timezone.utc) if is_time else None
        render = render_spdx if options.format == "spdx" else render_cyclonedx
        console.result(render(findings, checked.stated, load_catalog(), made))
        return
    if options.format != "text":
        console.result(render_findings(findings, options.format, age, inputs=checked.places))
        return
    # What could not be read at all is told on stderr, as an error.
    errors = [error for error in checked.errors if isinstance(error, UnreadableInput)]
    told = {f"{error.path}:{error.line}" if error.line else error.path for error in errors}
    shown = [f for f in findings if f.rule is not Rule.UNREADABLE or f.place not in told]
    shown = [finding for finding in shown if finding not in checked.unread]
    places = list(summarize_places(checked.places, shown, age.until))
    found = render_findings(shown, "text", age, console.screen).rstrip("\n")
    parts: tuple[str, ...] = (found, "\n".join(count_findings(shown)), "\n".join(places))
    if options.write_baseline:
        # Not "no findings": those that there are were recorded, as the note says.
        parts = ()
    text = "\n\n".join(part for part in parts if part)
    console.show(f"{text}\n" if text else "")
