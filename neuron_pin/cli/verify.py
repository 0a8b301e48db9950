"""``neuron-pin verify``: whether a lock is right, from the lock and the indexes alone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement

from neuron_pin import __version__
from neuron_pin.errors import SourceFailed, WrongUsage
from neuron_pin.printable import join_printable
from neuron_pin.settings import Settings, load_settings
from neuron_pin.verify.addresses import shown, without_credentials
from neuron_pin.verify.evidence import Sources
from neuron_pin.verify.index import Indexes
from neuron_pin.verify.lockfile import Lock
from neuron_pin.verify.reading import read_lock
from neuron_pin.verify.transport import TIMEOUT, Access, Unreachable
from neuron_pin.verify.verdict import Gap, Reason, Subject, Verdict
from neuron_pin.verify.verifying import verify

from .command_parser import CommandParser
from .console import Console
from .options import Options, add_access, add_format, add_timeout, add_trusted_host

MAX_NAMED = 8
"""Packages that are named of those that share a reason; JSON has all."""


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin verify``."""
    del common
    parser.examples = (
        "verify lock.json",
        "verify pylock.toml 'torch-neuronx==2.8.*' --files",
        "verify lock.json --offline",
    )
    parser.add_argument("lock", metavar="LOCK", help="the lock to check: lock.json or pylock.toml")
    parser.add_argument(
        "requirements",
        metavar="REQ",
        nargs="*",
        default=[],
        help="a requirement that the lock has to meet, besides those that it records",
    )
    parser.add_argument(
        "--files", action="store_true", help="download every file to check its hash and metadata"
    )
    parser.add_argument(
        "--python",
        "--python-version",
        metavar="X.Y.Z",
        help="assume this Python, with its patch version, which locks do not record",
    )
    add_format(parser, "text", "json", what="the verdict")
    group = parser.add_argument_group("indexes")
    group.add_argument(
        "--offline", action="store_true", help="ask no index: check the lock by itself"
    )
    group.add_argument(
        "-i", "--index-url", metavar="URL", help="ask this index for packages that are not Neuron's"
    )
    group.add_argument(
        "--neuron-index-url", metavar="URL", help="ask this index for Neuron packages"
    )
    group = parser.add_advanced_group("network [env: NEURON_PIN_NAME]")
    add_trusted_host(group)
    add_access(group, keeps=False)
    add_timeout(group)


def run(options: Options, console: Console) -> int:
    """Print what was found: 1 for a problem, else 3 if a source failed, else 0."""
    settings = load_settings(vars(options), os.environ, "")
    asked = [_requirement(text) for text in options.requirements]
    python = options.python or ""
    if python and not re.fullmatch(r"3\.\d{1,2}(\.\d{1,3})?", python, re.ASCII):
        raise WrongUsage(f"{python!r} is not a Python version", hint="write it as 3.12 or 3.12.3")
    if options.files and settings.offline:
        raise WrongUsage(
            "--files downloads files, and --offline does not allow it", hint="leave one of them out"
        )
    credentials: dict[str, tuple[str, str]] = {}
    public = _address("--index-url", options.index_url, credentials)
    neuron = _address("--neuron-index-url", options.neuron_index_url, credentials)
    lock = read_lock(options.lock)
    for warning in lock.warnings:
        console.warn(f"{lock.path}: {warning}")
    indexes = None if settings.offline else _indexes(settings, credentials)
    # What the environment calls Neuron's index, a lock of this machine was made with.
    mirrors = (settings.neuron_index_url,) if settings.neuron_index_url else ()
    sources = Sources(indexes, public, neuron, options.files, mirrors)
    with console.watch("Verifying", is_long=not settings.offline):
        found = verify(lock, sources, asked, python)
    asked_indexes = sorted(indexes.asked) if indexes is not None else []
    if options.format == "json":
        document = verdict_document(lock, found, options.files, asked_indexes)
        console.result(json.dumps(document, indent=2) + "\n")
    else:
        lines = [without_credentials(line) for line in _lines(lock, found, asked_indexes)]
        console.show(join_printable(lines))
    if found.problems:
        return 1
    return SourceFailed.exit_code if found.source_failed else 0


def _requirement(text: str) -> Requirement:
    try:
        found = Requirement(text.removeprefix("pip:"))
    except (InvalidRequirement, ValueError, RecursionError) as error:
        problem = str(error).partition("\n")[0]
        raise WrongUsage(f"{text[:200]!r} is not a requirement: {problem}") from None
    if found.url:
        raise WrongUsage(f"{text[:200]!r} is a requirement by URL, which no index can meet")
    return found


def _address(option: str, url: str | None, credentials: dict[str, tuple[str, str]]) -> str:
    """An index's address; a name and password in it go to ``credentials``."""
    if url is None:
        return ""
    try:
        parts = urlsplit(url)
        user, password, host = parts.username, parts.password, parts.hostname
        is_address = parts.port is None or bool(host)
    except ValueError:
        is_address = False
    if not is_address or parts.scheme not in ("http", "https", "file"):
        if url and os.path.isdir(url):
            return Path(url).resolve().as_uri()
        raise WrongUsage(
            f"{option}: {shown(url)!r} is not an index address", hint="use https:// or file://"
        )
    if host and user:
        netloc = parts.netloc.rpartition("@")[2].lower()
        credentials[netloc] = (unquote(user), unquote(password or ""))
    return without_credentials(url)


def _indexes(settings: Settings, credentials: dict[str, tuple[str, str]]) -> Indexes:
    cert = settings.cert or next(
        (found for name in _BUNDLES if (found := os.environ.get(name, ""))), ""
    )
    access = Access(
        agent=f"neuron-pin/{__version__}",
        timeout=float(settings.timeout or TIMEOUT),
        trusted=frozenset(host.strip().lower() for host in settings.trusted_host),
        credentials=credentials,
        cert=cert,
        client_cert=settings.client_cert or "",
        proxy=settings.proxy or "",
    )
    try:
        return Indexes(access)
    except Unreachable as error:
        raise WrongUsage(str(error)) from None


_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""What ssl does not know by itself; it obeys SSL_CERT_FILE."""


def verdict_document(
    lock: Lock, found: Verdict, files: bool, asked: Sequence[str]
) -> dict[str, Any]:
    """The document that docs/schemas/verify.schema.json describes."""
    return {
        "schema_version": 1,
        "lock": lock.path,
        "form": lock.form,
        "files": files,
        "asked": list(asked),
        "packages": len(found.packages),
        "verified": found.verified,
        "wrong": found.wrong,
        "problems": [
            {
                "check": problem.check.identifier,
                "package": _package(problem.subject) if problem.subject else None,
                "place": problem.place,
                "message": without_credentials(problem.message),
            }
            for problem in found.problems
        ],
        "not_verified": [
            {
                "reason": gap.reason.identifier,
                "package": _package(gap.subject),
                "place": gap.subject.place,
                "detail": without_credentials(gap.detail),
            }
            for gap in found.gaps
        ],
    }


def _package(subject: Subject) -> dict[str, str]:
    return {
        "ecosystem": subject.ecosystem,
        "name": subject.name,
        "version": subject.version,
    }


def _lines(lock: Lock, found: Verdict, asked: Sequence[str]) -> list[str]:
    counts = f"{found.verified} packages verified, {found.not_verified} not verified"
    lines = [f"{lock.path}: {counts}, {found.wrong} wrong"]
    if asked:
        lines.append(f"asked: {', '.join(asked)}")
    for problem in found.problems:
        lines.append(f"{problem.place}: {problem.check.identifier}: {problem.message}")
    by_reason: dict[Reason, list[Gap]] = {}
    for gap in found.gaps:
        by_reason.setdefault(gap.reason, []).append(gap)
    if by_reason:
        lines += ["", "Not verified:"]
    for reason, gaps in by_reason.items():
        names = list(dict.fromkeys(gap.subject.name for gap in gaps))
        shown = ", ".join(names[:MAX_NAMED])
        if len(names) > MAX_NAMED:
            shown += f" and {len(names) - MAX_NAMED} more"
        lines.append(f"  {reason.identifier} ({reason.title}): {shown}")
        details = list(dict.fromkeys(gap.detail for gap in gaps if gap.detail))
        lines += [f"    - {detail}" for detail in details[:MAX_NAMED]]
    return lines
