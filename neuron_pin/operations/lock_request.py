"""One lock to make: from a request to a `Resolution`, or `NoSolution`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from neuron_pin.catalog import INFERRED, Catalog, ComponentKind, canonicalize_name
from neuron_pin.errors import NeuronPinError, NoSolution, SourceFailed, UnknownName, WrongUsage
from neuron_pin.inputs import SDK_NAME, Requirement, admits_python, parse_requirement
from neuron_pin.policy import Ecosystem, Phase, PinPrecision, Rule, phase_at
from neuron_pin.record import NamedTuple
from neuron_pin.reporter import SILENT, Reporter
from neuron_pin.resolve import (
    NO_PREFERENCES,
    NewerThanFacts,
    Preferences,
    Request,
    Resolution,
    find_support,
)
from neuron_pin.resolve.backends import (
    describe_needed_indexes,
    find_needed_indexes,
    refuse_other_companions,
)
from neuron_pin.target import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from neuron_pin.sources.options import Network, SourceLocations
    from neuron_pin.target import Target, TargetOptions


class LockRequest(NamedTuple):
    """One lock to make, parsed.

    ``target`` is what `target_options` name.  ``overrides`` stand for every other requirement
    on their package, whoever asks.  ``sdk`` is a requirement on ``neuron-sdk``, none for any.
    ``requires_python`` has what the projects among the inputs say, each with its file.
    ``all_files`` wants every file of what is chosen, ``with_hashes`` the hashes in what is
    written, ``expires`` is the day (ISO) after which the lock is not to be trusted, or empty.
    ``newer`` says what becomes of versions that are newer than the facts.
    ``warnings`` is what there is to know of the request itself; the `Resolution` carries it.
    ``is_trial`` says that it shows what would work, and is given up where that is not soon found.
    """

    catalog: Catalog
    target: Target
    target_options: TargetOptions
    sources: SourceLocations
    network: Network
    requirements: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    overrides: tuple[Requirement, ...] = ()
    sdk: Requirement | None = None
    strength: PinPrecision = PinPrecision.EXACT
    preferred: Preferences = NO_PREFERENCES
    requires_python: tuple[tuple[str, str], ...] = ()
    all_files: bool = False
    with_hashes: bool = False
    expires: str = ""
    newer: NewerThanFacts = NewerThanFacts.WARN
    warnings: tuple[str, ...] = ()
    reporter: Reporter = SILENT
    is_trial: bool = False

    def with_target(self, **changes: Any) -> LockRequest:
        """The request with some of its `TargetOptions` changed; raises as these do."""
        options = self.target_options._replace(**changes)
        return self._replace(target_options=options, target=options.make(self.catalog))

    def without_network(self) -> LockRequest:
        """The request, answered by what is at hand."""
        return self._replace(network=self.network._replace(offline=True))


def lock_request(request: LockRequest) -> Resolution:
    """Resolve a request as it stands; raises `NoSolution` with the bare facts."""
    catalog = request.catalog
    asked = _ask(request)
    if not _uses_indexes(request, asked):
        from neuron_pin.resolve.catalog_candidates import CatalogCandidates
        from neuron_pin.resolve.resolver import resolve

        asked = asked._replace(unread=frozenset(Ecosystem))
        found = resolve(asked, catalog, CatalogCandidates, request.reporter)
    else:
        found = _lock_from_sources(request, asked)
    needed = find_needed_indexes(found.packages, catalog)
    return found._replace(
        with_hashes=request.with_hashes,
        expires=request.expires,
        support=find_support(found, catalog),
        warnings=(
            *request.warnings,
            *found.warnings,
            *describe_needed_indexes(needed, found.packages),
        ),
        needed_indexes=needed,
    )


def can_lock(request: LockRequest) -> bool:
    """Whether a request can be locked, as `lock_request` would: without the reasons, and for
    Neuron packages that is much sooner told."""
    try:
        asked = _ask(request)
        if _uses_indexes(request, asked) or all(r.name == SDK_NAME for r in asked.requirements):
            lock_request(request)
            return True
        from neuron_pin.resolve.satisfiability import is_satisfiable

        return is_satisfiable(asked._replace(unread=frozenset(Ecosystem)), request.catalog)
    except NeuronPinError:
        return False


def _ask(request: LockRequest) -> Request:
    """What the graph is asked; raises where there is nothing to lock, too."""
    catalog, target = request.catalog, request.target
    _check_python(request)
    asked = make_request(request)
    stated = (*_apply_overrides(request), *request.constraints)
    asked = asked._replace(
        all_files=request.all_files or request.with_hashes or any(r.hashes for r in stated),
        preferred=request.preferred,
        is_trial=request.is_trial,
    )
    if request.requirements and not asked.requirements:
        # Not all of a release, which is what it means to ask for nothing.
        raise WrongUsage(
            f"nothing to lock: no requirement is for {target.label}, by its marker",
            hint=f"the first is {request.requirements[0].text} ({request.requirements[0].origin})",
        )
    if not asked.requirements and target.instance is None:
        raise WrongUsage(
            "nothing to lock: name packages, or an instance family to lock all of its components",
            hint="--instance " + ", ".join(sorted(catalog.instances)),
        )
    return asked


def parse_sdk(text: str | None, catalog: Catalog) -> Requirement | None:
    """What ``--sdk`` says: a version, a specifier, or ``latest``; raises `UnknownName`."""
    if text is None or text == "latest":
        return None
    origin = "--sdk"
    if text.endswith(INFERRED):
        raise WrongUsage(
            f"--sdk: {text} is no release: it is inferred of what indexes and repositories have",
            hint="--newer-than-facts allow takes versions that are newer than the newest release",
        )
    if re.fullmatch(r"\d+(\.\d+){2}", text) or any(r.sdk == text for r in catalog.releases):
        catalog.release(text)
        return parse_requirement(f"{SDK_NAME}=={text}", origin)
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return parse_requirement(f"{SDK_NAME}=={text}.*", origin)
    if re.match(r"[<>=!~]", text):
        return parse_requirement(SDK_NAME + text, origin)
    raise UnknownName(
        "SDK release",
        text,
        [release.sdk for release in catalog.releases],
        hint="write a version (2.26.0), a range (==2.26.*) or latest",
    )


def make_request(request: LockRequest) -> Request:
    """What the graph is asked: what holds for the target, overrides in their place; raises
    for Neuron packages that are gone, and for names that nobody should fetch."""
    catalog, target = request.catalog, request.target
    requirements = _apply_overrides(request)
    refuse_unknown_names(request, requirements)
    refuse_other_side(request, requirements)
    refuse_other_companions([r for r in requirements if _marker_holds(r, target)], catalog)
    for requirement in requirements:
        name = requirement.name
        events = catalog.events_by_name.get(name, ())
        if not events or requirement.is_exact or Phase.EOS in target.phases:
            continue
        fact = phase_at(events, name, "", target.family, target.as_of)
        if fact.phase is not Phase.EOS or fact.event is None:
            continue
        from neuron_pin.catalog.successors import find_current_name

        instead = find_current_name(catalog, name, target.as_of, target.family)
        if instead:
            raise NoSolution(
                f"{requirement.origin}: {name} ended on {fact.event.effective} "
                f"(SDK {fact.event.sdk})",
                [fact.event.source],
                hint=f"ask for its successor: {instead}",
            )
    return Request(
        target=target,
        requirements=tuple(r for r in requirements if _marker_holds(r, target)),
        constraints=tuple(r for r in request.constraints if _marker_holds(r, target)),
        sdk=request.sdk,
        strength=request.strength,
    )


def refuse_other_side(request: LockRequest, requirements: Iterable[Requirement]) -> None:
    """Raise `NoSolution` for requirements on packages of the other side of a container's wall
    (NP106): a lock without them would not be what was asked for."""
    from neuron_pin.resolve.places import judge_name

    scope = request.target.scope
    if scope is Scope.BOTH:
        return
    causes = []
    for requirement in requirements:
        grounds = judge_name(requirement, scope, request.catalog)
        if grounds is not None and _marker_holds(requirement, request.target):
            reason, source = grounds
            named = f"{Rule.SCOPE.identifier}: {requirement.text} ({requirement.origin})"
            causes.append(f"{named}: {reason} [{source}]")
    if causes:
        raise NoSolution(
            f"--scope {scope.value} cannot have everything that was asked for",
            causes,
            hint="leave that out, or lock both sides at once: --host-output and "
            "--container-output write each to files of its own",
        )


def refuse_unknown_names(request: LockRequest, requirements: Iterable[Requirement]) -> None:
    """Raise for names that are one edit away from a Neuron package, unless they are bound to an
    index, and for products that are no packages."""
    catalog = request.catalog
    unknown = [r for r in requirements if r.name not in catalog.packages and r.name != SDK_NAME]
    if not unknown:
        return
    from neuron_pin.catalog.lookalikes import refuse_unknown

    bound = {canonicalize_name(pair.partition("=")[0]) for pair in request.sources.indexes.pinned}
    for requirement in unknown:
        if requirement.name not in bound:
            refuse_unknown(requirement.name, requirement.origin, catalog)


def _apply_overrides(request: LockRequest) -> list[Requirement]:
    overrides = _overrides(request)
    return [overrides.get(r.name, r) for r in request.requirements]


def _overrides(request: LockRequest) -> Mapping[str, Requirement]:
    """The overrides that hold for the target, by name; of several the last."""
    return {r.name: r for r in request.overrides if _marker_holds(r, request.target)}


def _marker_holds(requirement: Requirement, target: Target) -> bool:
    """PEP 508: whether a requirement's marker holds for the target."""
    if not requirement.marker:
        return True
    from neuron_pin.sources.index.dependencies import marker_holds

    return marker_holds(requirement.marker, target)


def _uses_indexes(request: LockRequest, asked: Request) -> bool:
    """Whether package indexes are asked, or the catalog alone answers.

    Offline, without an index named, the catalog answers for Neuron's own packages.
    """
    if request.sources.is_named or not request.network.offline:
        return True
    return any(_is_foreign(requirement, request.catalog) for requirement in asked.requirements)


def _refuse_mistyped(request: Request, catalog: Catalog) -> None:
    """Offline, a name that is nearly one of Neuron's is more likely mistyped than cached."""
    for requirement in request.requirements:
        if _is_foreign(requirement, catalog) and requirement.name not in catalog.packages:
            name = requirement.name
            mistyped = UnknownName("package", name, catalog.packages, where=requirement.origin)
            if mistyped.near and "neuron" in name:
                raise mistyped


def _explain_offline(error: SourceFailed, request: LockRequest) -> None:
    """Say what the catalog can answer of a set that also has packages which it does not know."""
    own = {r.name for r in request.requirements if not _is_foreign(r, request.catalog)}
    if own:
        error.hint = (
            f"the catalog knows the versions of {', '.join(sorted(own))}, but not what they "
            "require: together with other packages they are locked online, or offline once a "
            "lock of the same packages has filled the cache"
        )


def _is_foreign(requirement: Requirement, catalog: Catalog) -> bool:
    if requirement.name == SDK_NAME:
        return False
    package = catalog.packages.get(requirement.name)
    return package is None or package.kind is ComponentKind.DEPENDENCY


def _check_python(request: LockRequest) -> None:
    """Whether the projects among the inputs are for the target's Python."""
    target = request.target
    for wanted, path in request.requires_python:
        if not admits_python(wanted, target.python_full):
            raise NoSolution(
                f"{path}: the project requires Python {wanted}, and the target has "
                f"{target.python_full}",
                hint="choose another Python with --python",
            )


def _lock_from_sources(request: LockRequest, asked: Request) -> Resolution:
    """The lock of this very request from the cache, if it still holds; else a new one."""
    from neuron_pin.sources.http.record_cache import RecordCache

    from .lock_cache import LockCache

    catalog, network, overrides = request.catalog, request.network, _overrides(request)
    cache = RecordCache(network.cache_folder)
    # What a trial finds is the lock.
    question: tuple[object, ...] = (asked._replace(is_trial=False), request.sources, overrides)
    if request.newer is not NewerThanFacts.WARN:
        question = (*question, request.newer)
    memo = LockCache(cache, catalog, question)
    found = None if network.refresh else memo.recall(asked.target, offline=network.offline)
    if found is not None:
        return found
    from neuron_pin.resolve.beyond import Beyond
    from neuron_pin.resolve.resolver import resolve
    from neuron_pin.resolve.source_candidates import SourceCandidates
    from neuron_pin.sources.session import open_sources

    with open_sources(
        request.sources, network, catalog, asked.target, cache, request.reporter
    ) as sources:
        beyond = Beyond(request.newer, asked, catalog, sources)
        try:
            found = resolve(
                asked._replace(unread=sources.unread),
                catalog,
                lambda context, chosen: SourceCandidates(
                    context, chosen, sources, overrides, beyond.newer
                ),
                request.reporter,
                beyond,
            )
        except SourceFailed as error:
            if network.offline:
                _refuse_mistyped(asked, catalog)
                _explain_offline(error, request)
            raise
        evidence = sources.evidence()
        if evidence is not None:
            memo.keep(found, *evidence)
        return found
