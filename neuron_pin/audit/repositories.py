"""The health of a machine's apt: Neuron's repository, its key, its lists, its preferences.

Reads files below a root and nothing else; no network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog
from neuron_pin.errors import NeuronPinError, SourceFailed, UnreadableInput
from neuron_pin.gpgv import BadSignature, dearmor
from neuron_pin.inputs.host.apt_preferences import read_preferences
from neuron_pin.policy import Ecosystem, Rule
from neuron_pin.sources.apt.packages import AMD64
from neuron_pin.sources.apt.release import parse_release
from neuron_pin.sources.apt.repository import AptRepository
from neuron_pin.sources.apt.sources_list import (
    ConfiguredSource,
    read_apt_sources,
)
from neuron_pin.sources.repositories import read_packages
from neuron_pin.target.detection import detect

from .apt_view import check_pins
from .finding import Finding, Severity

STALE_DAYS = 14
"""Days after which lists that nobody fetched anew are called stale."""

SOON_DAYS = 30
"""Days before its end in which a key, or a repository's validity, is called ending soon."""

DAY = 86400


def check_apt(root: str, catalog: Catalog, now: float) -> list[Finding]:
    """Everything that stands against apt doing what a lock says; ``now`` is in seconds since
    the epoch."""
    findings: list[Finding] = []
    try:
        sources = read_apt_sources(root)
    except UnreadableInput as error:
        place = f"{error.path}:{error.line}" if error.line else error.path
        message = f"apt cannot read it: {error.problem}"
        return [_error(Rule.APT_SOURCE, "apt sources", message, place, "mend the file")]
    host = urlsplit(catalog.repositories.apt).hostname
    own = [s for s in sources if urlsplit(s.repository.url).hostname == host]
    if not own:
        findings.append(
            _error(
                Rule.APT_SOURCE,
                "Neuron's repository",
                f"no source names {host}",
                os.path.join(root, "etc/apt/sources.list.d"),
                "neuron-pin lock --os … -o /etc/apt/sources.list.d/neuron.sources",
            )
        )
    for source in own:
        findings += _suite(source, root, catalog)
        findings += _trust(source, root, now)
        findings += _lists(source, now)
    findings += _duplicates(own)
    findings += _decoys([s for s in sources if s not in own], catalog)
    findings += _preferences(root)
    try:
        findings += check_pins(root, catalog)
    except (SourceFailed, UnreadableInput) as error:
        findings.append(_error(Rule.APT_LISTS, "apt lists", error.message, root, "apt-get update"))
    return findings


def _error(rule: Rule, subject: str, reason: str, place: str, remedy: str) -> Finding:
    return Finding(rule, Severity.ERROR, subject, reason, place, remedy)


def _warning(rule: Rule, subject: str, reason: str, place: str, remedy: str) -> Finding:
    return Finding(rule, Severity.WARNING, subject, reason, place, remedy)


def _place(source: ConfiguredSource) -> str:
    return f"{source.path}:{source.line}"


def _suite(source: ConfiguredSource, root: str, catalog: Catalog) -> Iterator[Finding]:
    """Whether the suite is the one for this operating system."""
    name = detect(root).os
    system = next((s for s in catalog.systems if name in (s.name, *s.aliases)), None)
    if system is None or not system.codename or source.repository.suite == system.codename:
        return
    yield _error(
        Rule.APT_SOURCE,
        source.repository.url,
        f"names the suite {source.repository.suite}, and this is {system.name}, "
        f"which is {system.codename}",
        _place(source),
        f"change the suite to {system.codename}, then apt-get update",
    )


def _duplicates(sources: Sequence[ConfiguredSource]) -> Iterator[Finding]:
    seen: dict[tuple[str, str, str], ConfiguredSource] = {}
    for source in sources:
        repository = source.repository
        for component in repository.components or ("",):
            key = (repository.url, repository.suite, component)
            first = seen.setdefault(key, source)
            if first is not source:
                yield _warning(
                    Rule.APT_SOURCE,
                    repository.url,
                    f"{repository.suite} {component} is configured in {_place(first)} already",
                    _place(source),
                    "remove one of the two",
                )


def _trust(source: ConfiguredSource, root: str, now: float) -> Iterator[Finding]:
    """Whether a key is named, there, and good for some time yet."""
    repository, place = source.repository, _place(source)
    if repository.trust.unsigned:
        yield _error(
            Rule.APT_KEY,
            repository.url,
            "is taken unsigned (trusted=yes)",
            place,
            "name Neuron's key with Signed-By instead",
        )
        return
    keys: list[tuple[str, bytes]] = [(place, key.encode()) for key in repository.trust.keys]
    for path in repository.trust.keyrings:
        below = os.path.join(root, path.lstrip("/"))
        try:
            with open(below, "rb") as stream:
                keys.append((below, stream.read(1 << 24)))
        except OSError as error:
            yield _error(
                Rule.APT_KEY,
                repository.url,
                f"its key {path} cannot be read: {error.strerror}",
                place,
                "fetch the key, and check its fingerprint",
            )
    if not keys and not repository.trust.keyrings:
        yield _warning(
            Rule.APT_KEY,
            repository.url,
            "names no key, so that every key of this machine counts for it",
            place,
            "name Neuron's key with Signed-By",
        )
    for where, data in keys:
        try:
            ends = _key_ends(dearmor(data))
        except BadSignature as error:
            yield _error(Rule.APT_KEY, where, f"{error}", place, "fetch the key again")
            continue
        yield from _check_end(
            Rule.APT_KEY, where, "the key", ends, now, place, "fetch the newer key"
        )


def _key_ends(key: bytes) -> float | None:
    """When the last key of a keyring ends, none for never or where nobody can tell (gpg is
    not installed)."""
    if shutil.which("gpg") is None:
        return None
    with tempfile.TemporaryDirectory(prefix="np-") as home:
        done = subprocess.run(
            ["gpg", "--batch", "--homedir", home, "--show-keys", "--with-colons"],
            input=key,
            capture_output=True,
            timeout=30,
            check=False,
        )
    rows = [line.split(":") for line in done.stdout.decode("utf-8", "replace").splitlines()]
    ends = [row[6] for row in rows if row[0] == "pub" and len(row) > 6]
    if not ends or "" in ends:
        return None
    return float(max(int(end) for end in ends if end.isdecimal()))


def _check_end(
    rule: Rule, subject: str, what: str, ends: float | None, now: float, place: str, remedy: str
) -> Iterator[Finding]:
    if ends is None or ends > now + SOON_DAYS * DAY:
        return
    day = time.strftime("%Y-%m-%d", time.gmtime(ends))
    if ends <= now:
        message = f"{what} ended on {day}: apt refuses the repository and keeps its old lists"
        yield _error(rule, subject, message, place, remedy)
    else:
        yield _warning(rule, subject, f"{what} ends on {day}", place, remedy)


def _lists(source: ConfiguredSource, now: float) -> Iterator[Finding]:
    """Whether the lists were fetched, lately, and are still valid."""
    repository, place = source.repository, _place(source)
    fetched = [
        path
        for index in repository.list_paths()
        for path in (index, f"{index}.gz", f"{index}.xz", f"{index}.lz4")
        if os.path.isfile(path)
    ]
    if not fetched:
        yield _error(
            Rule.APT_LISTS,
            repository.url,
            f"nothing of {repository.suite} was ever fetched: apt does not know its packages",
            place,
            "apt-get update; if that fails, is there such a suite?",
        )
        return
    for name in ("InRelease", "Release"):
        path = repository.list_path(name)
        if not os.path.isfile(path):
            continue
        age = (now - os.stat(path).st_mtime) / DAY
        if age > STALE_DAYS:
            message = f"its lists are {age:.0f} days old"
            yield _warning(Rule.APT_LISTS, repository.url, message, path, "apt-get update")
        yield from _validity(repository, path, now)
        return


def _validity(repository: AptRepository, path: str, now: float) -> Iterator[Finding]:
    try:
        with open(path, "rb") as stream:
            release = parse_release(stream.read(1 << 23), path)
    except (OSError, NeuronPinError):
        return
    yield from _check_end(
        Rule.APT_LISTS,
        repository.url,
        "what was fetched of it (Valid-Until)",
        release.valid_until,
        now,
        path,
        "apt-get update",
    )


def _decoys(sources: Sequence[ConfiguredSource], catalog: Catalog) -> Iterator[Finding]:
    """Names of Neuron's in other repositories of the machine."""
    names = frozenset(
        name for name, package in catalog.packages.items() if Ecosystem.APT in package.systems
    )
    for source in sources:
        found: dict[str, list[str]] = {}
        for package in read_packages(source.repository, names, AMD64):
            found.setdefault(package.name, []).append(package.version)
        for name, versions in sorted(found.items()):
            yield _error(
                Rule.APT_DECOY,
                name,
                f"{source.repository.url} offers it too: {', '.join(versions[:3])}",
                _place(source),
                "pin it: neuron-pin lock … -o /etc/apt/preferences.d/00-neuron-pin.pref",
            )


def _preferences(root: str) -> Iterator[Finding]:
    """Files of preferences that apt stumbles over, or passes over in silence."""
    for problem in read_preferences(root)[1]:
        place = f"{problem.path}:{problem.line}" if problem.line else problem.path
        if problem.is_fatal:
            message = f"{problem.text}: every apt command fails"
            yield _error(Rule.APT_PREFERENCES, "apt preferences", message, place, "mend the file")
        else:
            yield _warning(
                Rule.APT_PREFERENCES, "apt preferences", problem.text, place, "mend the file"
            )
