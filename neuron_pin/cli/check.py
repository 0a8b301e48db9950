"""``neuron-pin check``: files, environments, machines and images held against the policy."""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import date, datetime, timezone

from neuron_pin.audit import Finding, Severity
from neuron_pin.audit.listing import count_findings, render_findings
from neuron_pin.audit.requirements import parse_within
from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.operations.check import Check, CheckedInput, Wanted, failing_rules
from neuron_pin.settings import load_settings

from .console import Console
from .options import Options, add_target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``neuron-pin check``."""
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="requirements, constraints, pyproject.toml, lock.json, pylock.toml, uv.lock, "
        "poetry.lock, Dockerfile",
    )
    parser.add_argument("--venv", metavar="DIR", action="append", default=[])
    parser.add_argument("--host", action="store_true", help="this machine")
    parser.add_argument("--root", metavar="DIR", help="the machine below this folder")
    parser.add_argument(
        "--image",
        metavar="DIR|TAR",
        action="append",
        default=[],
        help="an unpacked image, an OCI layout, a tarball of docker save",
    )
    parser.add_argument(
        "--within", metavar="DAYS", default="90d", help="ends announced for so soon; 90d"
    )
    parser.add_argument("--lock", metavar="FILE", help="a lock.json that has to be kept to, too")
    parser.add_argument("--exit-zero", action="store_true", help="whatever is found")
    parser.add_argument(
        "--fail-on",
        metavar="RULE|PHASE",
        action="append",
        default=[],
        help="exit code 1 for these too: NP206, maintenance, ending, warning …",
    )
    parser.add_argument("--baseline", metavar="FILE", help="findings that are known")
    parser.add_argument("--write-baseline", metavar="FILE", help="all of today are known")
    parser.add_argument("--diff", action="store_true", help="show what --fix would change")
    parser.add_argument("--fix", action="store_true", help="mend files where that is safe")
    parser.add_argument(
        "--format",
        choices=("text", "json", "sarif", "github", "cyclonedx", "markdown"),
        default="text",
    )
    add_target(parser)


def run(options: Options, console: Console) -> int:
    """Print the findings; 1 if one of them is an error or named by ``--fail-on``, 2 if
    something could not be read, 0 in any case with ``--exit-zero``."""
    within = parse_within(options.within)
    if within < 0:
        raise WrongUsage(f"--within: {options.within!r} is no number of days", hint="write 90d")
    failing = failing_rules(options.fail_on)
    host = options.root or ("/" if options.host else None)
    wanted = Wanted(options.files, options.venv, options.image, host)
    if not any(wanted[:3]) and host is None:
        raise WrongUsage(
            "check: what?", hint="check requirements.txt, check --venv DIR, or check --host"
        )
    check = Check(
        load_settings(vars(options), os.environ, ""),
        load_catalog(),
        today=datetime.now(timezone.utc).date(),
        now=time.time(),
        this_python=".".join(str(part) for part in sys.version_info[:3]),
        environ=os.environ,
        within_days=within,
        lock=options.lock,
    )
    checked = check.run(wanted)
    findings = _shown(list(checked.findings), check.target().as_of, options, console)
    if options.fix or options.diff:
        findings = _fix(findings, options, console)
    _print(findings, checked, options, console)
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
        console.note(f"{options.write_baseline}: {len(kept)} findings are known from now on")
        return []
    if options.baseline:
        known = read_baseline(options.baseline)
        kept = [finding for finding in kept if fingerprint(finding) not in known]
    return kept


def _fix(findings: list[Finding], options: Options, console: Console) -> list[Finding]:
    from neuron_pin.audit.fix import fix

    mended = fix(findings)
    if options.format == "text":
        console.result("".join(file.diff for file in mended))
    if not options.fix:
        return findings
    from neuron_pin.fs.atomic import write_atomically

    for file in mended:
        data = file.text.encode("utf-8", "surrogateescape")
        write_atomically(file.path, data)
        console.note(f"{file.path}: {file.fixes} mended")
    paths = {file.path for file in mended}
    return [f for f in findings if f.fix is None or f.location[0] not in paths]


def _print(
    findings: list[Finding], checked: CheckedInput, options: Options, console: Console
) -> None:
    if options.format == "cyclonedx":
        from neuron_pin.audit.cyclonedx import render_cyclonedx

        # https://reproducible-builds.org/specs/source-date-epoch/
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        is_time = epoch.isdecimal() and len(epoch) < 12
        made = datetime.fromtimestamp(int(epoch), timezone.utc) if is_time else None
        console.result(render_cyclonedx(findings, checked.stated, made))
        return
    console.result(render_findings(findings, options.format))
    if options.format == "text" and findings:
        console.result("\n" + "\n".join(count_findings(findings)) + "\n")
