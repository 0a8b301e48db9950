"""What stands against a lock, made small; and what would work, proven by locking it.

Read only where there is no solution: each try is a lock of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from neuron_pin.errors import NeuronPinError, NoSolution
from neuron_pin.inputs import Requirement
from neuron_pin.resolve import Resolution

from .alternatives import Tries, find_alternatives
from .lock_job import LockJob, lock_job
from .target import read_target

MAX_TRIES = 40
"""Locks that are tried for one explanation."""


def explain_conflict(job: LockJob, error: NoSolution) -> NoSolution:
    """The error, with the smallest conflicting set and the relaxations that work."""
    tries = Tries(MAX_TRIES)
    plain = job._replace(preferred=None, all_files=False)
    smallest = _smallest(plain, tries)
    error.conflict = tuple(f"{r.text} ({r.origin})" for r in smallest) if smallest else ()
    changes = (
        (words, partial(lock_job, relaxed))
        for words, relaxed in _relaxations(plain, error, smallest)
    )
    error.relaxations = find_alternatives(changes, lambda found: _outcome(found, job), tries)
    return error


def _smallest(job: LockJob, tries: Tries) -> list[Requirement]:
    """A set of requirements and constraints of which none can be missed from the conflict.

    Found by leaving out one after the other: what the conflict stays without is no part of
    it.  Empty where a single requirement conflicts with the target alone.
    """
    kept = [*job.requirements, *job.constraints]
    if len(kept) < 2:
        return kept
    for requirement in list(kept):
        fewer = [other for other in kept if other is not requirement]
        if fewer and any(other in job.requirements for other in fewer):
            if tries.left and tries.attempt(partial(lock_job, _with(job, fewer))) is None:
                kept = fewer
    return kept


def _with(job: LockJob, requirements: list[Requirement]) -> LockJob:
    return job._replace(
        requirements=tuple(r for r in requirements if r in job.requirements),
        constraints=tuple(r for r in requirements if r in job.constraints),
    )


def _relaxations(
    job: LockJob, error: NoSolution, smallest: list[Requirement]
) -> Iterator[tuple[str, LockJob]]:
    """What could be given up, the least first, each in words that can be typed."""
    settings = job.settings
    if settings.sdk not in (None, "latest"):
        yield "without --sdk", job._replace(settings=settings._replace(sdk=None))
    facts = " ".join(error.causes)
    for rules, phase in ((("NP202",), "beta"), (("NP201", "NP110"), "eos")):
        if any(rule in facts for rule in rules) and phase not in settings.phase:
            phases = (*settings.phase, phase)
            yield f"--phase {phase}", job._replace(settings=settings._replace(phase=phases))
    if "NP205" in facts:
        yield from _shorter_support(job)
    for requirement in smallest if len(smallest) > 1 else ():
        everything = [*job.requirements, *job.constraints]
        fewer = [other for other in everything if other is not requirement]
        if any(other in job.requirements for other in fewer):
            yield f"without {requirement.text} ({requirement.origin})", _with(job, fewer)
    for python in _other_pythons(job):
        yield f"--python {python}", job._replace(settings=settings._replace(python=python))


def _shorter_support(job: LockJob) -> Iterator[tuple[str, LockJob]]:
    """The furthest day up to which the best lock without the demand is sure of support."""
    free = job._replace(settings=job.settings._replace(require_support_until=None))
    try:
        support = lock_job(free).support
    except NeuronPinError:
        return
    if support is not None:
        until = support.until.isoformat()
        settings = job.settings._replace(require_support_until=until)
        yield f"--require-support-until {until}", job._replace(settings=settings)


def _other_pythons(job: LockJob) -> list[str]:
    """The Python versions that releases know, nearest to the target's first."""
    target = read_target(job.settings, job.catalog, job.today, job.this_python)
    here = int(target.python.partition(".")[2])
    others = [python for python in job.catalog.pythons if python != target.python]
    return sorted(others, key=lambda python: abs(int(python.partition(".")[2]) - here))


def _outcome(found: Resolution, job: LockJob) -> str:
    names = {requirement.name for requirement in job.requirements}
    chosen = [f"{p.key.name} {p.version}" for p in found.packages if p.key.name in names]
    release = [f"SDK {found.sdk}"] if found.sdk else []
    return ", ".join([*release, *chosen[:3]])
