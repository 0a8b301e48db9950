"""What prevents a lock, made small; and what would work, proven by locking it.

Read only where there is no solution: each try is a lock of its own.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from functools import partial

from neuron_pin.catalog import ComponentKind, FrameworkRole
from neuron_pin.errors import Change, NeuronPinError, NoSolution
from neuron_pin.inputs import SDK_NAME, Requirement, admits_python
from neuron_pin.policy import Ecosystem, Rule
from neuron_pin.resolve import NO_PREFERENCES, NewerThanFacts, Resolution
from neuron_pin.resolve.needed_builds import OF_PYTHON
from neuron_pin.target import Scope

from .advice import advise
from .alternatives import Tries, find_alternatives
from .lock_request import LockRequest, lock_request

MAX_NAMED = 4
"""Packages that an outcome names."""

MAX_TRIES = 40
"""Locks that are tried for one explanation."""


def explain_conflict(request: LockRequest, error: NoSolution) -> NoSolution:
    """The error, with the smallest conflicting set and the relaxations that work."""
    tries = Tries(MAX_TRIES)
    advise(error, request)
    plain = request._replace(preferred=NO_PREFERENCES, all_files=False, is_trial=True)
    if error.supposed_builds or (error.builds and error.asked_is_whole):
        # What to do is known, or cannot be tried without a build.  To try more would keep people
        # waiting for it.
        smallest = [r for r in request.requirements if (r.text, r.origin) in error.asked]
    else:
        smallest = _smallest(plain, error.asked, tries)
    error.conflict = tuple(f"{r.text} ({r.origin})" for r in smallest) if smallest else ()
    changes = (
        (change, partial(_lock_usefully, relaxed))
        for change, relaxed in _relaxations(plain, error, smallest)
    )
    error.relaxations = find_alternatives(changes, lambda found: _outcome(found, request), tries)
    if error.builds and not error.hint:
        error.hint = _advise_builds(error)
    return error


def _advise_builds(error: NoSolution) -> str:
    """The options that allow what nothing can be had without, and how certain it is that these
    are all.  They are not tried here: that would run what nobody has allowed."""
    options = " ".join(f"--build {name}" for name in error.builds)
    if len(error.builds) == 1:
        text = f"{options} allows it, which runs the package's own code to learn what it requires"
    else:
        text = f"{options} allow it, which runs the packages' own code to learn what they require"
    if error.builds_suffice is None:
        return f"{text}; more may have to be built: the search for that was given up"
    if not error.builds_suffice:
        return f"{text}; by what the source distributions state, these builds do not make a lock"
    if error.builds_unread:
        names = ", ".join(error.builds_unread[:MAX_NAMED])
        more = "" if len(error.builds_unread) <= MAX_NAMED else " and others"
        return f"{text}; more may have to be built: nothing else tells that of {names}{more}"
    if error.builds_stated:
        return f"{text}; if that is what the source distributions state, no other build is needed"
    return text


def _smallest(
    request: LockRequest, asked: Container[tuple[str, str]], tries: Tries
) -> list[Requirement]:
    """A set of requirements and constraints of which none can be missed from the conflict.

    Found by leaving out one after the other: what the conflict stays without is no part of
    it.  Empty where a single requirement conflicts with the target alone.
    """
    kept = [*request.requirements, *request.constraints]
    if len(kept) < 2:
        return kept
    # What the search found is nearly always all of it: that spares a try for each of the others.
    found = [each for each in kept if (each.text, each.origin) in asked]
    if len(found) < len(kept) and any(each in request.requirements for each in found):
        if tries.attempt(partial(_is_conflict, _with(request, found))):
            kept = found
        elif len(found) == 1:
            # It takes long to be sure, and nothing else was in its way.
            return found
    for requirement in list(kept):
        fewer = [other for other in kept if other is not requirement]
        if fewer and any(other in request.requirements for other in fewer):
            if tries.attempt(partial(_is_conflict, _with(request, fewer))):
                kept = fewer
    return kept


def _is_conflict(request: LockRequest) -> bool:
    """Whether it is certain that requirements do not go together."""
    try:
        lock_request(request)
    except NoSolution as error:
        return not error.gave_up
    return False


def _with(request: LockRequest, requirements: list[Requirement]) -> LockRequest:
    return request._replace(
        requirements=tuple(r for r in requirements if r in request.requirements),
        constraints=tuple(r for r in requirements if r in request.constraints),
    )


def _relaxations(
    request: LockRequest, error: NoSolution, smallest: list[Requirement]
) -> Iterator[tuple[Change, LockRequest]]:
    """What could be given up, the least first."""
    facts, named = " ".join(error.causes), request.target_options.phases
    if error.touches_release:
        yield from _of_release(request, facts)
    for requirement in smallest if len(smallest) > 1 and not error.builds else ():
        everything = [*request.requirements, *request.constraints]
        fewer = [other for other in everything if other is not requirement]
        if any(other in request.requirements for other in fewer):
            change = Change(requirement=requirement.text, origin=requirement.origin)
            yield change, _with(request, fewer)
    pythons: Sequence[str] = ()
    if error.builds:
        pythons = _find_newer_pythons(request, error)
    elif _depends_on_python(request, facts):
        pythons = _other_pythons(request)
    for python in pythons:
        yield Change((("--python", python),)), request.with_target(python=python)
    if "NP102" in facts and "eos" not in named:
        yield from _ended_python(request, named)


def _find_newer_pythons(request: LockRequest, error: NoSolution) -> list[str]:
    """The Python versions that may need no build: the nearest one that the newest versions are for,
    or all where only their files tell.  Whoever needs a build is not helped by older versions."""
    others = _other_pythons(request)
    if "" in error.newer_pythons:
        return others
    for wanted in error.newer_pythons:
        for python in others:
            if admits_python(wanted, request.with_target(python=python).target.python_full):
                return [python]
    return []


def _of_release(request: LockRequest, facts: str) -> Iterator[tuple[Change, LockRequest]]:
    """Changes of what the user asks of a Neuron release."""
    named = request.target_options.phases
    if request.sdk is not None:
        yield Change((("--sdk", None),)), request._replace(sdk=None)
    for rules, phase in ((("NP202",), "beta"), (("NP201", "NP110"), "eos")):
        if any(rule in facts for rule in rules) and phase not in named:
            change = Change((("--phase", phase),))
            yield change, request.with_target(phases=(*named, phase))
    refused = Rule.NEWER_THAN_FACTS.identifier in facts
    # Only trying shows whether a source has newer versions that are for the target.
    reads_sources = request.sources.is_named and request.sdk is None
    if (refused or reads_sources) and request.newer is not NewerThanFacts.ALLOW:
        change = Change((("--newer-than-facts", "allow"),))
        yield change, request._replace(newer=NewerThanFacts.ALLOW)
    if Rule.SCOPE.identifier in facts:
        yield Change((("--scope", "both"),)), request.with_target(scope="both")
    if "NP201" in facts and not {"beta", "eos"} & set(named):
        yield from _ended_beta(request, named)
    if "NP205" in facts:
        yield from _shorter_support(request)


def _ended_beta(
    request: LockRequest, named: tuple[str, ...]
) -> Iterator[tuple[Change, LockRequest]]:
    """Both phases, for what was Beta when its support ended: neither helps alone."""
    try:
        lock_request(request.with_target(phases=(*named, "eos")))
    except NoSolution as error:
        if "NP202" in " ".join(error.causes):
            change = Change((("--phase", "beta"), ("--phase", "eos")))
            yield change, request.with_target(phases=(*named, "beta", "eos"))
    except NeuronPinError:
        return


def _ended_python(
    request: LockRequest, named: tuple[str, ...]
) -> Iterator[tuple[Change, LockRequest]]:
    """The nearest Python that has it where all that have it are out of support."""
    phases = (*named, "eos")
    for python in (request.target.python, *_other_pythons(request)):
        changed = request.with_target(python=python, phases=phases)
        try:
            _lock_usefully(changed)
        except NeuronPinError:
            continue
        if python != request.target.python:
            yield Change((("--python", python), ("--phase", "eos"))), changed
        return


def _shorter_support(request: LockRequest) -> Iterator[tuple[Change, LockRequest]]:
    """The furthest day up to which the best lock without the demand is sure of support."""
    free = request.with_target(support_until=None)
    try:
        support = lock_request(free).support
    except NeuronPinError:
        return
    if support is not None:
        shorter = request.with_target(support_until=support.until)
        yield Change((("--require-support-until", support.until.isoformat()),)), shorter


def _depends_on_python(request: LockRequest, facts: str) -> bool:
    """Whether another Python may change what is missing.  Of what is not of Neuron only rules tell:
    a lock of all of it for each Python there is would take a minute, to find the same conflict."""
    packages = request.catalog.packages
    return (
        any(rule.identifier in facts for rule in OF_PYTHON)
        or request.sdk is not None
        or any(r.name in packages or r.name == SDK_NAME for r in request.requirements)
    )


def _other_pythons(request: LockRequest) -> list[str]:
    """The Python versions that releases know, nearest to the target's first."""
    target = request.target
    here = int(target.python.partition(".")[2])
    others = [python for python in request.catalog.pythons if python != target.python]
    return sorted(others, key=lambda python: abs(int(python.partition(".")[2]) - here))


def _lock_usefully(request: LockRequest) -> Resolution:
    """The lock of a changed request; raises `NoSolution` for one that lacks what the user came
    for: of a whole release, its Python packages."""
    found = lock_request(request)
    is_whole = all(requirement.name == SDK_NAME for requirement in request.requirements)
    is_for_python = request.target.scope is not Scope.HOST
    if is_whole and is_for_python and found.sdk and not found.packages_of(Ecosystem.PIP):
        family = request.target.family
        members = request.catalog.members(found.sdk)
        if any(m.pythons and m.is_for(family) for m in members):
            raise NoSolution(f"SDK {found.sdk} has no Python packages for the target")
    return found


def _outcome(found: Resolution, request: LockRequest) -> str:
    names = {requirement.name for requirement in request.requirements}
    chosen = [f"{p.key.name} {p.version}" for p in found.packages if p.key.name in names]
    if not chosen:
        # Of a whole release the frameworks tell most.
        packages = request.catalog.packages
        python = found.packages_of(Ecosystem.PIP)
        leaders = [p for p in python if p.kind is ComponentKind.EXTENSION]
        leaders = [p for p in leaders if packages[p.key.name].role is FrameworkRole.LEADER]
        chosen = [f"{p.key.name} {p.version}" for p in leaders]
    release = [f"SDK {found.sdk}"] if found.sdk else []
    return ", ".join([*release, *chosen[:MAX_NAMED]])
