"""Whether a transaction of system packages may go on, by a lock and its facts.

Runs inside of apt's and dnf's hooks: no network, no cache, nothing but what it is given.  Its
comparison of versions is the twin of the library's: each names the other, and both are tested
with the cases in ``fixtures/hook-twins``.
"""

from .state import Known, Pin, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

DRIVER = "aws-neuronx-dkms"
RUNTIME = "aws-neuronx-runtime-lib"


class Change:
    """One package of a transaction: its versions before and after, empty for none, and the path
    of the file that is to be installed, empty where it is not known."""

    __slots__ = ("file", "name", "new", "old")

    def __init__(self, name: str, old: str, new: str, file: str = "") -> None:
        self.name = name
        self.old = old
        self.new = new
        self.file = file


class Refusal:
    """A change that a rule refuses: on what facts, and what would be allowed instead.

    ``words`` are what the package manager takes to install what the lock has.
    """

    __slots__ = ("change", "reason", "rule", "words")

    def __init__(self, rule: str, change: Change, reason: str, words: "Iterable[str]" = ()) -> None:
        self.rule = rule
        self.change = change
        self.reason = reason
        self.words = tuple(words)


class Verdict:
    """What is refused, and notes on what is allowed."""

    def __init__(self) -> None:
        self.refusals: "list[Refusal]" = []
        self.notes: "list[str]" = []


def judge(
    state: State, changes: "Iterable[Change]", installed: "Mapping[str, str]", today: str
) -> Verdict:
    """Judge the changes of Neuron packages.

    ``installed`` has the version before the transaction of every Neuron package that is
    installed; ``today`` is an ISO date.  Packages that do not change are not judged, and changes
    that do not make things worse are allowed, so that a machine can be repaired in steps.
    """
    verdict = Verdict()
    moved = [c for c in changes if c.new != c.old and state.is_neuron(c.name)]
    before, after = dict(installed), dict(installed)
    for change in moved:
        after.pop(change.name, None)
        if change.new:
            after[change.name] = change.new
    coming = [change for change in moved if change.new]
    if not coming:
        return verdict
    for change in coming:
        refused = _judge_version(state, change, today, verdict)
        if refused is not None:
            verdict.refusals.append(refused)
    refused_names = {refusal.change.name for refusal in verdict.refusals}
    rest = [change for change in coming if change.name not in refused_names]
    verdict.refusals += _find_mixed(state, rest, before, after)
    verdict.refusals += _find_driver_clash(state, rest, before, after)
    expires = state.values.get("expires", "")
    if expires and expires < today:
        verdict.notes.append(
            "the review date of the lock, "
            + expires
            + ", has passed; the lock is still enforced. Make a new one and install it with "
            "neuron-pin hook install"
        )
    return verdict


def _judge_version(state: State, change: Change, today: str, verdict: Verdict) -> "Refusal | None":
    """Why a version is not allowed, whatever else is installed."""
    name, version = change.name, public(change.new)
    pin = state.pins.get(name)
    known = state.known.get((name, version))
    words = (pin.install_spec,) if pin is not None else ()
    if pin is not None and not pin.admits(change.new):
        return Refusal("NP306", change, _outside(state, pin, change, known), words)
    gone, instead, source = state.names.get(name, ("", "", ""))
    if gone and gone <= today and pin is None:
        reason = name + " is out of support since " + gone + " [" + source + "]"
        return Refusal("NP201", change, reason, (instead,) if instead else ())
    chosen = pin is not None and not pin.is_range
    if known is None:
        standing = compare_with_known(version, [v for n, v in state.known if n == name])
        if standing == "newer" and (pin is not None or not state.sdk or _has_ranges(state)):
            what = "only its pin was checked" if pin is not None else "nothing was checked"
            verdict.notes.append(_newer(state, name + " " + version) + ": " + what + " (NP510)")
            return None
        if standing == "newer":
            reason = _newer(state, version) + ", and the lock is of SDK " + state.sdk
            return Refusal("NP501", change, reason, _of_release(state, name))
        if pin is None:
            return Refusal(
                "NP508", change, "no SDK release in the lock's catalog has shipped " + version
            )
        if not chosen:
            verdict.notes.append(
                name + " " + version + " is shipped by no release in the lock's catalog: only its "
                "pin was checked (NP508)"
            )
        return None
    if known.ended and known.ended <= today and "eos" not in state.allowed:
        reason = version + " is out of support since " + known.ended + " [" + known.source + "]"
        if not chosen:
            return Refusal("NP201", change, reason, words)
        verdict.notes.append(name + " " + reason + " (NP201); the lock has it")
    family = state.values.get("family", "")
    if family and known.families and family not in known.families and not chosen:
        reason = "listed for " + ", ".join(sorted(known.families)) + ", not for " + family
        return Refusal("NP101", change, reason + " [" + known.source + "]", words)
    if pin is None and state.sdk and state.sdk not in known.sdks and not _has_ranges(state):
        reason = "is of SDK " + newest(known.sdks) + ", but the lock is of SDK " + state.sdk
        return Refusal("NP501", change, reason, _of_release(state, name))
    return None


def _outside(state: State, pin: Pin, change: Change, known: "Known | None") -> str:
    version = public(change.new)
    of = " (of SDK " + newest(known.sdks) + ")" if known is not None else ""
    if not pin.is_range and version == public(pin.base) and ":" in change.new:
        # The same numbers, and newer than everything.
        return change.new + of + " has an epoch, which the locked " + pin.base + " does not allow"
    if not pin.is_range:
        held = pin.base + (" of SDK " + state.sdk if state.sdk else "")
        return version + of + " is not the locked version, " + held
    parts = pin.base.split(".")
    what = "major version " if len(parts) == 1 else ""
    if version.split(".")[: len(parts)] == parts:
        # An epoch: the same numbers, and newer than everything.
        return change.new + of + " has an epoch, which the locked " + pin.base + ".* does not allow"
    return version + of + " is outside of the locked " + what + pin.base + ".*"


def _newer(state: State, what: str) -> str:
    facts = state.values.get("facts", "")
    return what + " is newer than the facts" + (" of " + facts if facts else " of the lock")


def _has_ranges(state: State) -> bool:
    """Whether the lock pins ranges; some packages are published as one (``14.09.x``)."""
    ranges = sum(pin.is_range for pin in state.pins.values())
    return ranges * 2 >= len(state.pins)


def _of_release(state: State, name: str) -> "list[str]":
    """What installs the version of the lock's release, for a package that it does not pin."""
    return [
        k.install_spec
        for (package, _), k in state.known.items()
        if package == name and k.install_spec
    ][:1]


def _find_mixed(
    state: State, coming: "list[Change]", before: "dict[str, str]", after: "dict[str, str]"
) -> "Iterator[Refusal]":
    """NP507: changes to another release than that of the rest.

    Only where more packages than before are of another release than most; an exact pin is of
    the lock's release, whatever else is there.
    """
    releases = _releases(state, after)
    if _strangers(releases) <= _strangers(_releases(state, before)):
        return
    moved = {change.name for change in coming}
    rest = {name: sdks for name, sdks in releases.items() if name not in moved}
    sdk = _most(rest or releases)
    others = sorted(name for name, sdks in (rest or releases).items() if sdk in sdks)
    for change in coming:
        name = change.name
        pin = state.pins.get(name)
        is_chosen = pin is not None and not pin.is_range and pin.admits(change.new)
        if is_chosen or sdk in releases.get(name, frozenset([sdk])):
            continue
        reason = "is of SDK " + newest(releases[name]) + ", but " + ", ".join(others[:4])
        if len(others) > 4:
            reason += f" and {len(others) - 4} more"
        reason += (" is" if len(others) == 1 else " are") + " of SDK " + sdk
        yield Refusal("NP507", change, reason + ": upgrade them together", sorted(after))


def _releases(state: State, versions: "Mapping[str, str]") -> "dict[str, frozenset[str]]":
    """The releases that ship each version, by name; versions that no known release ships are
    left out."""
    found = {}
    for name, version in versions.items():
        known = state.known.get((name, public(version)))
        if known is not None:
            found[name] = known.sdks
    return found


def _most(releases: "Mapping[str, frozenset[str]]") -> str:
    """The release that most packages are of, the newest of several, empty for none."""
    every = {sdk for sdks in releases.values() for sdk in sdks}
    return max(
        every,
        key=lambda sdk: (sum(sdk in sdks for sdks in releases.values()), numbers(sdk)),
        default="",
    )


def _strangers(releases: "Mapping[str, frozenset[str]]") -> int:
    """How many packages are of another release than most."""
    sdk = _most(releases)
    return sum(sdk not in sdks for sdks in releases.values())


def _find_driver_clash(
    state: State, coming: "list[Change]", before: "dict[str, str]", after: "dict[str, str]"
) -> "Iterator[Refusal]":
    """NP506: a driver and a runtime library that do not work together, but did before."""
    source = _broken_window(state, after)
    if not source or _broken_window(state, before):
        return
    for change in coming:
        if change.name in (DRIVER, RUNTIME):
            other = RUNTIME if change.name == DRIVER else DRIVER
            reason = "does not work with " + other + " " + public(after[other])
            words = [
                state.pins[name].install_spec for name in (DRIVER, RUNTIME) if name in state.pins
            ]
            yield Refusal("NP506", change, reason + " [" + source + "]", words)
            return


def _broken_window(state: State, versions: "Mapping[str, str]") -> str:
    """The source that says that two of these do not work together, empty if none does."""
    for name, first, below, other, other_first, other_below, families, source in state.windows:
        mine, theirs = versions.get(name), versions.get(other)
        if mine is None or theirs is None:
            continue
        if families and state.values.get("family", "") not in families.split():
            continue
        if within(public(mine), first, below) and not within(
            public(theirs), other_first, other_below
        ):
            return source
    return ""


def judge_kernels(
    state: State,
    kernels: "Iterable[tuple[Change, str]]",
    driver: str,
    has_headers: "Mapping[str, bool]",
    present: "Iterable[str]",
) -> "list[Refusal]":
    """Judge the kernels that a transaction installs, each with its release (``6.8.0-1016-aws``).

    ``driver`` is the version of the driver afterwards, empty for none: then nothing is refused.
    ``has_headers`` says for each release whether its headers are installed afterwards; one that
    it does not name is not judged for them.  ``present`` are the releases that are installed
    already: another patch of their series is allowed.
    """
    if not driver:
        return []
    found = []
    series_before = {series(release) for release in present}
    tested, source = state.tested.get(public(driver), (frozenset(), ""))
    for change, release in kernels:
        own = series(release)
        named = "driver " + public(driver)
        floor = next(
            (
                floor
                for floor in state.floors
                if within(public(driver), floor[1], floor[2]) and own < numbers(floor[3])
            ),
            None,
        )
        if floor is not None:
            reason = named + " needs kernel " + floor[3] + " or newer [" + floor[4] + "]"
            found.append(Refusal("NP109", change, reason))
        elif tested and own not in series_before and own not in {series(k) for k in tested}:
            reason = named + " was tested on kernel " + ", ".join(sorted(tested, key=numbers))
            reason += ", not on " + join_numbers(own) + " [" + source + "]"
            every = {kernel for kernels, _ in state.tested.values() for kernel in kernels}
            if own > max(map(series, every)):
                reason = _newer(state, "this kernel") + " (NP510), and " + reason
            found.append(Refusal("NP111", change, reason))
        elif has_headers.get(release) is False:
            reason = named + " cannot be built for it without its headers (" + release + ")"
            found.append(Refusal("NP112", change, reason))
    return found


def compare_with_known(version: str, known: "Iterable[str]") -> str:
    """What a list of known versions says of another: ``known``, ``newer``, ``unknown`` (older, or
    between), ``unreadable``.

    The twin of ``catalog/newness.py: compare_with_known``.
    """
    own = public(version)
    known = list(known)
    if own in known:
        return "known"
    if not all(part.isdecimal() for part in own.split(".")):
        return "unreadable"
    if known and numbers(own) > max(map(numbers, known)):
        return "newer"
    return "unknown"


def public(version: str) -> str:
    """A version without epoch, revision and commit, as releases name it.

    The twin of ``catalog/facts.py: public_version``.
    """
    return version.rpartition(":")[2].partition("-")[0].partition("_")[0]


def numbers(version: str) -> "tuple[int, ...]":
    """The numbers of a version; what is not a number counts as zero.

    The twin of ``catalog/facts.py: version_numbers``.
    """
    return tuple(int(p) if p.isdecimal() and len(p) < 10 else 0 for p in version.split("."))


def within(version: str, first: str, below: str) -> bool:
    """Whether a version lies from one on and below another, empty for open.

    The twin of ``catalog/facts.py: VersionRange.contains``.
    """
    mine = numbers(version)
    if first and mine < numbers(first):
        return False
    return not below or mine < numbers(below)


def series(release: str) -> "tuple[int, ...]":
    """The two numbers by which kernels are tested: 6.8 of ``6.8.0-1015-aws``.

    The twin of ``catalog/windows.py: parse_kernel_series``.
    """
    return (*numbers(release.partition("-")[0])[:2], 0, 0)[:2]


def join_numbers(parts: "tuple[int, ...]") -> str:
    """Numbers as a version."""
    return ".".join(str(part) for part in parts)


def newest(sdks: "Iterable[str]") -> str:
    """The newest of several releases."""
    return max(sdks, key=numbers, default="")
