"""What stands against a lock, made small; and what would work, proven by locking it.

Read only where there is no solution: each try is a lock of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from neuron_pin.errors import NeuronPinError, NoSolution
from neuron_pin.inputs import Requirement
from neuron_pin.resolve import NO_PREFERENCES, Resolution

from .alternatives import Tries, find_alternatives
from .lock_request import LockRequest, lock_request

MAX_TRIES = 40
"""Locks that are tried for one explanation."""


def explain_conflict(request: LockRequest, error: NoSolution) -> NoSolution:
    """The error, with the smallest conflicting set and the relaxations that work."""
    tries = Tries(MAX_TRIES)
    plain = request._replace(preferred=NO_PREFERENCES, all_files=False)
    smallest = _smallest(plain, tries)
    error.conflict = tuple(f"{r.text} ({r.origin})" for r in smallest) if smallest else ()
    changes = (
        (words, partial(lock_request, relaxed))
        for words, relaxed in _relaxations(plain, error, smallest)
    )
    error.relaxations = find_alternatives(changes, lambda found: _outcome(found, request), tries)
    return error


def _smallest(request: LockRequest, tries: Tries) -> list[Requirement]:
    """A set of requirements and constraints of which none can be missed from the conflict.

    Found by leaving out one after the other: what the conflict stays without is no part of
    it.  Empty where a single requirement conflicts with the target alone.
    """
    kept = [*request.requirements, *request.constraints]
    if len(kept) < 2:
        return kept
    for requirement in list(kept):
        fewer = [other for other in kept if other is not requirement]
        if fewer and any(other in request.requirements for other in fewer):
            if tries.left and tries.attempt(partial(lock_request, _with(request, fewer))) is None:
                kept = fewer
    return kept


def _with(request: LockRequest, requirements: list[Requirement]) -> LockRequest:
    return request._replace(
        requirements=tuple(r for r in requirements if r in request.requirements),
        constraints=tuple(r for r in requirements if r in request.constraints),
    )


def _relaxations(
    request: LockRequest, error: NoSolution, smallest: list[Requirement]
) -> Iterator[tuple[str, LockRequest]]:
    """What could be given up, the least first, each in words that can be typed."""
    if request.sdk is not None:
        yield "without --sdk", request._replace(sdk=None)
    facts, named = " ".join(error.causes), request.target_options.phases
    for rules, phase in ((("NP202",), "beta"), (("NP201", "NP110"), "eos")):
        if any(rule in facts for rule in rules) and phase not in named:
            yield f"--phase {phase}", request.with_target(phases=(*named, phase))
    if "NP205" in facts:
        yield from _shorter_support(request)
    for requirement in smallest if len(smallest) > 1 else ():
        everything = [*request.requirements, *request.constraints]
        fewer = [other for other in everything if other is not requirement]
        if any(other in request.requirements for other in fewer):
            yield f"without {requirement.text} ({requirement.origin})", _with(request, fewer)
    for python in _other_pythons(request):
        yield f"--python {python}", request.with_target(python=python)


def _shorter_support(request: LockRequest) -> Iterator[tuple[str, LockRequest]]:
    """The furthest day up to which the best lock without the demand is sure of support."""
    free = request.with_target(support_until=None)
    try:
        support = lock_request(free).support
    except NeuronPinError:
        return
    if support is not None:
        shorter = request.with_target(support_until=support.until)
        yield f"--require-support-until {support.until}", shorter


def _other_pythons(request: LockRequest) -> list[str]:
    """The Python versions that releases know, nearest to the target's first."""
    target = request.target
    here = int(target.python.partition(".")[2])
    others = [python for python in request.catalog.pythons if python != target.python]
    return sorted(others, key=lambda python: abs(int(python.partition(".")[2]) - here))


def _outcome(found: Resolution, request: LockRequest) -> str:
    names = {requirement.name for requirement in request.requirements}
    chosen = [f"{p.key.name} {p.version}" for p in found.packages if p.key.name in names]
    release = [f"SDK {found.sdk}"] if found.sdk else []
    return ", ".join([*release, *chosen[:3]])
