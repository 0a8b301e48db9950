"""Reading ahead: what an installer that asked for a Neuron package will ask for next.

Installers ask step by step, each step one way to an index and back.  The pages and the metadata
that a package leads to are read while the installer is still at the first of them: at once, what
it required when it was last read, or what the catalog knows its wheels to require, or else the
packages that the newest release ships beside it; and what each requires, as soon as its metadata
is there.

All of this is a guess.  It has threads, sizes and an end of its own, and what fails here fails
for nobody else: whoever asks for the same is answered as if nothing had been read ahead.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from threading import Condition, Lock
from typing import Protocol

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier
from packaging.version import Version

from neuron_pin.catalog import Catalog, FrameworkRole, Package, canonicalize_name
from neuron_pin.errors import NeuronPinError, SourceFailed
from neuron_pin.inputs import admits
from neuron_pin.inputs.requirements.specifier import admits_python
from neuron_pin.policy import Ecosystem, Phase, phase_at
from neuron_pin.record import NamedTuple
from neuron_pin.sources.index.core_metadata import parse_metadata
from neuron_pin.sources.index.simple import parse_wheel_name
from neuron_pin.target import Target
from neuron_pin.target.tags import rank_tags

from .file_store import FileStore, Metadata
from .files import Files
from .project_detail import ProjectDetail, ServedFile
from .threads import make_pool
from .upstream import THREADS_AHEAD
from .view import View

MAX_DEPTH = 6
MAX_NAMES = 300
"""Projects that one request leads to."""

MAX_STEPS = 2 * MAX_NAMES
"""The same, a project counted for each range of versions in which it is required."""

MAX_AT_ONCE = 300
"""Projects that are being followed, and requests that wait for that, all clients together."""

SECONDS = 30.0
"""Seconds after a request in which something may still be begun that it leads to."""

MAX_TAGS = 10_000
"""More than a Python on one platform takes; wheels for any platform fit least."""

CLOSING = 1.0
"""Seconds in which what is being read ahead at the end may come to its own."""

HEAD_START = 0.006
"""Seconds that a request has before anything is read that it leads to."""

FOLLOWED = 10.0
"""Seconds for which a project that was followed is not followed again."""

MAX_REMEMBERED = 5_000
"""Projects of which it is known when they were followed."""

MAX_REQUIRED = 20_000
"""Requirements of them that are remembered."""

MAX_TEXT = 300
"""Characters of a requirement that is followed."""

_PYTHON = re.compile(r"3\.(?:[89]|1\d)")


class Warmer(Protocol):
    """What keeps answers warm that nobody has asked for; called in threads of the prefetcher."""

    def keep_page(self, name: str) -> None:
        """Make a project's page."""

    def keep_metadata(self, name: str, entry: ServedFile, metadata: Metadata) -> None:
        """A file's metadata, as it was read."""


class _Step(NamedTuple):
    """A project that will be asked for, in versions of a range (PEP 440, empty for any), with
    extras of it."""

    name: str
    specifier: str = ""
    extras: tuple[str, ...] = ()


def _parse_steps(requirements: Iterable[str]) -> Iterator[_Step]:
    """The requirements that the catalog states for a package; an invalid one is skipped, since
    imported facts may have any."""
    for text in requirements:
        with contextlib.suppress(InvalidRequirement):
            found = Requirement(text)
            name, extras = canonicalize_name(found.name), tuple(sorted(found.extras))
            yield _Step(name, str(found.specifier), extras)


class _Key(NamedTuple):
    """A step in a view, for a Python ``X.Y``."""

    step: _Step
    view: View
    python: str


class _Walk:
    """What one request leads to, in a view."""

    def __init__(self, view: View, today: date, target: Target, warmer: Warmer) -> None:
        self.view = view
        self.today = today
        self.target = target
        self.warmer = warmer
        self.names: set[str] = set()
        self.steps = 0
        self.end = time.monotonic() + SECONDS


class Prefetcher:
    """Reads ahead; threads may share it."""

    def __init__(self, catalog: Catalog, files: Files, wheels: FileStore) -> None:
        self._catalog = catalog
        self._files = files
        self._wheels = wheels
        self._running: set[_Key] = set()
        self._followed: OrderedDict[_Key, float] = OrderedDict()
        self._required: OrderedDict[_Key, tuple[_Step, ...]] = OrderedDict()
        self._required_count = 0
        self._waiting = 0
        self._lock = Lock()
        self._active = 0
        self._is_idle = Condition(self._lock)
        self._is_closed = False
        self._pool = make_pool(THREADS_AHEAD, "ahead")

    def close(self) -> None:
        """Read nothing more; what is being written is given a moment to be whole."""
        self._is_closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._is_idle.wait_for(lambda: not self._active, CLOSING)

    def prepare(self, view: View, today: date) -> None:
        """Read what of the catalog the first request would wait for."""
        names = list_supported(self._catalog, view.target(self._catalog, today))
        self._list_begun(names, view, today)
        for name in names:
            self._catalog.shipped(name)
        self._catalog.parts  # noqa: B018 - read when it is first asked for

    def prefetch(
        self, name: str, find_view: Callable[[], View], python: str, today: date, warmer: Warmer
    ) -> None:
        """Start to read what a project leads to, if it is a Neuron package.

        ``find_view`` gives the view in which it was asked for, and may raise `NeuronPinError`.
        ``python`` is the installer's (``X.Y``), empty where it is not known.
        """
        package = self._catalog.packages.get(name)
        if package is None or package.public_from == "0":
            return
        with self._lock:
            if self._waiting >= MAX_AT_ONCE:
                return
            self._waiting += 1
        with contextlib.suppress(RuntimeError):
            # Not after the end.
            self._pool.submit(self._begin, name, find_view, python, today, warmer)

    def _begin(
        self, name: str, find_view: Callable[[], View], python: str, today: date, warmer: Warmer
    ) -> None:
        # The pages that somebody waits for are asked for first.
        time.sleep(HEAD_START)
        with self._lock:
            self._waiting -= 1
        try:
            view = find_view()
        except NeuronPinError:
            return
        target = view.target(self._catalog, today)
        # What a client says of itself makes no more of them than there are Pythons.
        if _PYTHON.fullmatch(python):
            target = target._replace(python=python, python_full=f"{python}.0")
        self._submit(_Walk(view, today, target, warmer), self._list_begun([name], view, today), 0)

    def warm_up(self, view: View, today: date, warmer: Warmer) -> None:
        """Start to read what every Neuron package leads to that is in support on the day."""
        walk = _Walk(view, today, view.target(self._catalog, today), warmer)
        names = list_supported(self._catalog, walk.target)
        self._submit(walk, self._list_begun(names, view, today), 0)

    def _list_begun(self, names: Iterable[str], view: View, today: date) -> list[_Step]:
        """Projects, and what goes with those of which it is not known what they require."""
        found = dict.fromkeys(names)
        for name in list(found):
            package = self._catalog.packages.get(name)
            if package is not None and not package.requires:
                found.update(dict.fromkeys(find_companions(self._catalog, name, view, today)))
        return list(map(_Step, found))

    def _submit(self, walk: _Walk, steps: Iterable[_Step], depth: int) -> None:
        """Follow steps, and then what they are known to require: an installer asks for that
        later."""
        while found := [step for step in steps if self._take(walk, step, depth)]:
            for step in found:
                try:
                    self._pool.submit(self._follow, walk, step, depth)
                except RuntimeError:
                    # Closed meanwhile.
                    return
            steps = dict.fromkeys(more for step in found for more in self._list_known(walk, step))
            depth += 1

    def _take(self, walk: _Walk, step: _Step, depth: int) -> bool:
        """Whether a step is to be followed: within the bounds, and not followed already."""
        key, now = _Key(step, walk.view, walk.target.python), time.monotonic()
        with self._lock:
            if depth > MAX_DEPTH or key in self._running:
                return False
            if now - self._followed.get(key, -FOLLOWED) < FOLLOWED:
                return False
            is_new = step.name not in walk.names
            if len(self._running) >= MAX_AT_ONCE or (is_new and len(walk.names) >= MAX_NAMES):
                return False
            if walk.steps >= MAX_STEPS:
                return False
            walk.steps += 1
            walk.names.add(step.name)
            self._running.add(key)
        return True

    def _list_known(self, walk: _Walk, step: _Step) -> Iterable[_Step]:
        """What a project required when it was last read, else what its wheels were seen to require
        when the catalog was made."""
        with self._lock:
            known = self._required.get(_Key(step, walk.view, walk.target.python))
        if known is not None:
            return known
        package = self._catalog.packages.get(step.name)
        return _parse_steps(package.requires) if package is not None else ()

    def _follow(self, walk: _Walk, step: _Step, depth: int) -> None:
        key = _Key(step, walk.view, walk.target.python)
        with self._lock:
            self._active += 1
        try:
            if self._is_closed or time.monotonic() > walk.end:
                return
            project = self._files.project(step.name, walk.view, walk.today, is_ahead=True)
            if not project.is_known:
                return
            entry = _find_probable(project.listing, step.specifier, walk.target)
            required = self._read_required(walk, step, entry) if entry is not None else ()
            self._remember_required(key, required)
            self._submit(walk, required, depth + 1)
            # Last: who asks for the page before that gets one made, of what is read.
            walk.warmer.keep_page(step.name)
        except SourceFailed:
            # Whoever asks for it will be told.
            return
        finally:
            with self._lock:
                self._running.discard(key)
                self._followed[key] = time.monotonic()
                self._followed.move_to_end(key)
                if len(self._followed) > MAX_REMEMBERED:
                    self._followed.popitem(last=False)
                self._active -= 1
                self._is_idle.notify_all()

    def _read_required(self, walk: _Walk, step: _Step, entry: ServedFile) -> tuple[_Step, ...]:
        metadata = self._wheels.metadata(step.name, entry, is_ahead=True)
        walk.warmer.keep_metadata(step.name, entry, metadata)
        found = parse_metadata(metadata.data, entry.file.url, walk.target)
        wanted = {"", *step.extras}
        steps = (
            _Step(d.name, d.specifier, d.extras) for d in found.dependencies if d.extra in wanted
        )
        short = (step for step in steps if len(str(step)) <= MAX_TEXT)
        return tuple(dict.fromkeys(short))[:MAX_NAMES]

    def _remember_required(self, key: _Key, required: tuple[_Step, ...]) -> None:
        with self._lock:
            self._required_count -= len(self._required.pop(key, ()))
            self._required[key] = required
            self._required_count += len(required)
            # A project that requires nothing takes room, too.
            while self._required_count + len(self._required) > MAX_REQUIRED:
                self._required_count -= len(self._required.popitem(last=False)[1])


def find_companions(catalog: Catalog, name: str, view: View, today: date) -> list[str]:
    """The packages that go with a Neuron package, as far as an installer may be led to them.

    Of the view's release, else of the newest one that ships the package: what it ships for pip
    and for one of the same instance families, but not what a user asks for by itself, such as
    another framework; and what the package's own framework is made of.
    """
    package = catalog.packages.get(name)
    if package is None:
        return []
    found = _find_followers(catalog, package)
    day = view.as_of or today
    for release in catalog.releases:
        if not release.listed or release.date > day or (view.sdk and release.sdk != view.sdk):
            continue
        members = catalog.members(release.sdk)
        families = frozenset[str]().union(*(m.instances for m in members if m.package == name))
        if not families:
            continue
        for member in members:
            other = catalog.packages.get(member.package)
            if other is None or Ecosystem.PIP not in other.systems or other.name == name:
                continue
            if other.role is not FrameworkRole.LEADER and families & member.instances:
                found.append(other.name)
        break
    return list(dict.fromkeys(found))


def list_supported(catalog: Catalog, target: Target) -> list[str]:
    """The Neuron packages of pip that are not out of support as a whole, for a target."""
    found = []
    for package in catalog.packages.values():
        if Ecosystem.PIP not in package.systems or not package.kind.is_component:
            continue
        events = catalog.events_by_name.get(package.name, ())
        phase = phase_at(events, package.name, "", target.family, target.as_of).phase
        if phase is not Phase.EOS:
            found.append(package.name)
    return found


def _find_followers(catalog: Catalog, package: Package) -> list[str]:
    if package.role is not FrameworkRole.LEADER or not package.framework:
        return []
    return [
        other.name
        for other in catalog.packages.values()
        if other.role is FrameworkRole.FOLLOWER and other.framework == package.framework
    ]


def _find_probable(listing: ProjectDetail, specifier: str, target: Target) -> ServedFile | None:
    """The wheel that an installer on the target takes by itself: of the newest version that has
    one for it, the one that fits best."""
    wheels: dict[str, list[tuple[str, ServedFile]]] = {}
    for entry in listing.entries:
        wheel = parse_wheel_name(entry.file.filename)
        if wheel is not None and entry.version and entry.file.yanked is None:
            wheels.setdefault(entry.version, []).append((wheel.tags, entry))
    for version in sorted(map(Version, wheels), reverse=True):
        try:
            if version.is_prerelease or (specifier and not admits(specifier, str(version))):
                continue
        except InvalidSpecifier:
            return None
        python = target.python_full
        fitting = [
            (rank, entry)
            for tags, entry in wheels[str(version)]
            if admits_python(entry.file.requires_python, python)
            and (rank := _rank(tags, target)) is not None
        ]
        if fitting:
            return min(fitting, key=lambda found: found[0])[1]
    return None


def _rank(tags: str, target: Target) -> int | None:
    """How well a wheel fits a target, best lowest; none if it does not."""
    if tags == "py3-none-any":
        # The table of all tags takes longer to make than a page.
        return MAX_TAGS
    return rank_tags(tags, target.python, target.platforms)
