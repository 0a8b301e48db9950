"""What stops a machine's apt from following a lock: the Neuron repository, its key, its lists,
its preferences.

Reads files below a root and nothing else; no network.
"""

from __future__ import annotations

import glob
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.newness import describe_newer, find_system, judge_system, need_newer_facts
from neuron_pin.catalog.support import find_supported_pythons
from neuron_pin.errors import NeuronPinError, SourceFailed, UnreadableInput
from neuron_pin.gpgv import BadSignature, dearmor
from neuron_pin.inputs.host.apt_preferences import read_preferences
from neuron_pin.inputs.host.hook_state import read_hook_family
from neuron_pin.outputs.repositories import find_keyring, list_key_commands
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

from .apt_view import check_pins, view_packages
from .finding import Finding, Severity
from .key_policy import check_key_policy, read_signers

STALE_DAYS = 14
"""Days after which package lists count as stale."""

SOON_DAYS = 30
"""Days before its end in which a key, or a repository's validity, counts as ending soon."""

DAY = 86400

AS_ROOT = 'sudo "$(command -v neuron-pin)"'
"""neuron-pin by its path: what pipx or an environment has is not on the PATH of root."""

EXAMPLE_FAMILY = "trn2"
EXAMPLE_SYSTEM = "ubuntu24.04"
"""What commands have where a machine does not tell."""


def check_apt(root: str, catalog: Catalog, now: float, *, is_image: bool = False) -> list[Finding]:
    """Everything that stops apt from following a lock; ``now`` is in seconds since the epoch.

    Of an image the package lists are not checked: images are built without them, and old ones
    are fetched anew where something is installed.
    """
    is_image = is_image or _looks_like_image(root)
    findings: list[Finding] = []
    try:
        sources = read_apt_sources(root)
    except UnreadableInput as error:
        place = f"{error.path}:{error.line}" if error.line else error.path
        message = f"apt cannot read it: {error.problem}"
        return [_error(Rule.APT_SOURCE, "apt sources", message, place, "correct the line")]
    host = urlsplit(catalog.repositories.apt).hostname
    own = [s for s in sources if urlsplit(s.repository.url).hostname == host]
    if not own:
        findings.append(_missing_source(root, catalog, now))
    for source in own:
        findings += _suite(source, root, catalog)
        findings += _trust(source, root, find_keyring(catalog.find_system(detect(root).os)), now)
        findings += [] if is_image else _lists(source, now)
    findings += _duplicates(own)
    findings += _name_filters(sources)
    findings += _decoys([s for s in sources if s not in own], root, catalog, now)
    findings += _preferences(root)
    try:
        findings += check_pins(root, catalog)
    except (SourceFailed, UnreadableInput) as error:
        findings.append(
            _error(Rule.APT_LISTS, "apt lists", error.message, root, "sudo apt-get update")
        )
    return findings


def _looks_like_image(root: str) -> bool:
    """Whether a folder is the file system of an image: nothing has ever run in it, and no
    lists were left in it."""
    if os.path.realpath(root) == "/":
        return False
    lists = glob.glob(os.path.join(glob.escape(root), "var/lib/apt/lists/*_*"))
    mounted = [os.path.join(root, name) for name in ("proc", "sys")]
    return not lists and not any(os.path.isdir(path) and os.listdir(path) for path in mounted)


def _missing_source(root: str, catalog: Catalog, now: float) -> Finding:
    """That no apt source is Neuron's, and whether one can be for this operating system."""
    reason = f"no apt source names {urlsplit(catalog.repositories.apt).hostname}"
    remedy = _lock_command(root, "etc/apt/sources.list.d/neuron.sources", catalog, now)
    name = detect(root).os
    judged = judge_system(catalog, name)
    place = os.path.join(root, "etc/apt/sources.list.d")
    if judged.system is not None and judged.system.is_newer:
        reason += f"; whether Neuron has an apt repository for {name} is not known: it is "
        reason += describe_newer(catalog, judged.newest.name if judged.newest else "")
        return _warning(Rule.APT_SOURCE, "Neuron repository", reason, place, remedy)
    if name and judged.system is None:
        supported = [
            system.name
            for system in reversed(catalog.systems)
            if system.codename and not system.first_sdk_without
        ]
        reason += f", and Neuron has no apt repository for {name}"
        remedy = f"use an operating system that it has one for: {', '.join(supported)}"
    return _error(Rule.APT_SOURCE, "Neuron repository", reason, place, remedy)


def _lock_command(root: str, path: str, catalog: Catalog, now: float) -> str:
    """The command that writes a file of a machine, with its instance family, or that of the lock
    of its hook, and its operating system in it; what does not show is an example, and the command
    says so."""
    machine = detect(root)
    family = machine.instance or read_hook_family(root)
    system = find_system(catalog, machine.os)
    words = ["lock", "--offline", "--instance", family or EXAMPLE_FAMILY]
    words += ["--os", system.name if system is not None else EXAMPLE_SYSTEM]
    # Nothing of these files depends on Python, but no lock is made for one that has ended.
    pythons = find_supported_pythons(catalog, datetime.fromtimestamp(now, timezone.utc).date())
    if pythons and system is not None and system.python not in pythons:
        words += ["--python", pythons[-1]]
    examples = [] if family else [f"your instance family for {EXAMPLE_FAMILY}"]
    examples += [] if system is not None else [f"your system for {EXAMPLE_SYSTEM}"]
    told = f"  # put {' and '.join(examples)}" if examples else ""
    command = f"{AS_ROOT} {shlex.join([*words, '-o', os.path.join(root, path)])}{told}"
    return need_newer_facts(catalog, system) + command


def _error(rule: Rule, subject: str, reason: str, place: str, remedy: str) -> Finding:
    return Finding(rule, Severity.ERROR, subject, reason, place, remedy)


def _warning(rule: Rule, subject: str, reason: str, place: str, remedy: str) -> Finding:
    return Finding(rule, Severity.WARNING, subject, reason, place, remedy)


def _place(source: ConfiguredSource) -> str:
    return f"{source.path}:{source.line}"


def _suite(source: ConfiguredSource, root: str, catalog: Catalog) -> Iterator[Finding]:
    """Whether the suite is the one for this operating system."""
    name = detect(root).os
    system = catalog.find_system(name)
    if system is None or not system.codename or source.repository.suite == system.codename:
        return
    yield _error(
        Rule.APT_SOURCE,
        source.repository.url,
        f"the source uses suite {source.repository.suite}, but this system is {system.name} "
        f"({system.codename})",
        _place(source),
        f"change the suite to {system.codename}, then run: sudo apt-get update",
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
                    f"{repository.suite} {component} is already configured in {_place(first)}",
                    _place(source),
                    "remove one of the two lines",
                )


def _name_filters(sources: Sequence[ConfiguredSource]) -> Iterator[Finding]:
    """Filters of names that do not do what they seem to: a source's, each once."""
    seen = set()
    for source in sources:
        if _place(source) in seen:
            continue
        seen.add(_place(source))
        repository, field = source.repository, source.ignored.field
        if field:
            yield _warning(
                Rule.APT_SOURCE,
                repository.url,
                f"this machine's apt ignores {field}, and takes every package from the source: "
                "apt obeys it since 3.1",
                _place(source),
                "remove the field, and pin the packages in /etc/apt/preferences.d instead",
            )
        misses = repository.filter.misses or source.ignored.misses
        if misses:
            field = field or repository.filter.field
            yield _warning(
                Rule.APT_SOURCE,
                repository.url,
                f"{field} has {', '.join(repr(word[:60]) for word in misses[:3])}, which is the "
                "name of no package: apt takes whole names, no patterns",
                _place(source),
                "write out each name, with spaces between them, in one line",
            )


def _trust(source: ConfiguredSource, root: str, keyring: str, now: float) -> Iterator[Finding]:
    """Whether a key is named, exists, and is valid for some time yet."""
    repository, place = source.repository, _place(source)
    if repository.trust.unsigned:
        yield _error(
            Rule.APT_KEY,
            repository.url,
            "signatures are not checked (trusted=yes)",
            place,
            f"replace trusted=yes by signed-by={keyring}",
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
                _key_command(repository, below),
            )
    if not keys and not repository.trust.keyrings:
        yield _warning(
            Rule.APT_KEY,
            repository.url,
            "no key is named, so apt accepts a signature by any key that it trusts",
            place,
            f"add signed-by={keyring}",
        )
    signers = read_signers(map(repository.list_path, ("InRelease", "Release.gpg")))
    for where, data in keys:
        try:
            key = dearmor(data)
        except BadSignature as error:
            remedy = _key_command(repository, where) if where != place else "correct the key"
            yield _error(Rule.APT_KEY, where, f"{error}", place, remedy)
            continue
        remedy = "replace it by the newer key"
        if where != place:
            remedy = _key_command(repository, where)
        ends = _key_ends(key)
        yield from _check_end(Rule.APT_KEY, where, "the key", ends, now, place, remedy)
        yield from check_key_policy(root, where, key, now, place, remedy, signers)


def _key_command(repository: AptRepository, path: str) -> str:
    """The command that downloads the repository's key, and takes it if it is Neuron's."""
    commands = list_key_commands(repository.url.rstrip("/"), shlex.quote(path))
    return " && ".join(c if c.startswith("test ") else f"sudo {c}" for c in commands)


def _key_ends(key: bytes) -> float | None:
    """When the last key of a keyring ends, none for never or for unknown (gpg is not
    installed)."""
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
    """Whether the lists were fetched, not long ago, and are still valid."""
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
            f"there is no package list for {repository.suite}, so apt knows none of its packages",
            place,
            f"sudo apt-get update; if that fails, check that the suite {repository.suite} exists",
        )
        return
    for name in ("InRelease", "Release"):
        path = repository.list_path(name)
        if not os.path.isfile(path):
            continue
        age = (now - os.stat(path).st_mtime) / DAY
        if age > STALE_DAYS:
            message = f"its package lists are {age:.0f} days old"
            yield _warning(Rule.APT_LISTS, repository.url, message, path, "sudo apt-get update")
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
        "the validity of its package lists (Valid-Until)",
        release.valid_until,
        now,
        path,
        "sudo apt-get update",
    )


def _decoys(
    sources: Sequence[ConfiguredSource], root: str, catalog: Catalog, now: float
) -> Iterator[Finding]:
    """Neuron package names in other repositories of the machine."""
    names = frozenset(
        name for name, package in catalog.packages.items() if Ecosystem.APT in package.systems
    )
    views = {view.name: view for view in view_packages(root, sorted(names))} if sources else {}
    pin_command = _lock_command(root, "etc/apt/preferences.d/00-neuron-pin.pref", catalog, now)
    for source in sources:
        found: dict[str, list[str]] = {}
        for package in read_packages(source.repository, names, AMD64):
            found.setdefault(package.name, []).append(package.version)
        site = urlsplit(source.repository.url).hostname or "this machine"
        for name, versions in sorted(found.items()):
            offered = [v for v in views[name].versions if site in v.places and not v.is_installed]
            if all(version.priority < 0 for version in offered):
                # apt takes none of them by itself.
                continue
            yield _error(
                Rule.APT_DECOY,
                name,
                f"{source.repository.url} offers a package of this name too: "
                f"{', '.join(versions[:3])}",
                _place(source),
                f"pin the package to the Neuron repository: {pin_command}",
            )


def _preferences(root: str) -> Iterator[Finding]:
    """Preferences files that make apt fail, or that apt silently ignores."""
    for problem in read_preferences(root)[1]:
        place = f"{problem.path}:{problem.line}" if problem.line else problem.path
        if problem.is_fatal:
            message = f"{problem.text}: every apt command fails"
            yield _error(
                Rule.APT_PREFERENCES, "apt preferences", message, place, "correct the line"
            )
        else:
            yield _warning(
                Rule.APT_PREFERENCES, "apt preferences", problem.text, place, "correct the file"
            )
