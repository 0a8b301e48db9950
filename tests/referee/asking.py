"""The product's answers for the referee's points, through its Python interface."""

from __future__ import annotations

from datetime import date

from neuron_pin import Catalog, Explanation, Target, UnknownName, explain, lifecycle, lock

from .policy_facts import framework_of
from .policy_judge import Answer, Point

NOT_LISTED = {"NP101", "NP102", "NP501", "NP503", "NP504"}
"""Rules that say that the release does not ship the version for the target."""


def ask(point: Point, catalog: Catalog) -> Answer:
    target = Target(
        instance=point.instance,
        os=point.os,
        python=point.python,
        as_of=point.day,
        phases=point.phases,
    )
    found = explain(point.package, target=target, sdk=point.sdk, offline=True, catalog=catalog)
    of_release = [each for each in found.verdicts if point.sdk in (None, *each.releases)]
    rules = {
        each.version: {exclusion.rule.identifier for exclusion in each.exclusions}
        for each in of_release
    }
    own = rules.get(point.version)
    phase = next(
        (
            each.phase.label
            for each in found.verdicts
            if each.version == point.version
            and not any(exclusion.rule.identifier == "NP204" for exclusion in each.exclusions)
        ),
        None,
    )
    dates = {release.sdk: release.date for release in catalog.releases}
    released = point.sdk is not None and dates[point.sdk] <= point.day
    preferred = {"NP203"} if point.sdk else {"NP203", "NP501", "NP505"}
    return Answer(
        in_set=is_listed(point, target, found, catalog) if released else None,
        phase=phase,
        may=own is not None and found.problem is None and not own - preferred,
        chosen=locked(point, target, catalog) if found.problem is None else None,
        until=until(point, catalog) if phase in ("rc", "stable", "maintenance") else None,
        default=default(point, target, dates[point.sdk], catalog)
        if released and point.sdk
        else None,
    )


def is_listed(point: Point, target: Target, found: Explanation, catalog: Catalog) -> bool:
    """The release has the version for the family and the Python, whatever the phase or the system."""
    if found.problem is not None:  # then the release has not been looked into
        anywhere = target._replace(os="ubuntu20.04", phases=("alpha", "beta", "rc", "eos"))
        found = explain(
            point.package, target=anywhere, sdk=point.sdk, offline=True, catalog=catalog
        )
    return found.problem is None and any(
        verdict.version == point.version
        and point.sdk in verdict.releases
        and not {exclusion.rule.identifier for exclusion in verdict.exclusions} & NOT_LISTED
        for verdict in found.verdicts
    )


def default(point: Point, target: Target, day: date, catalog: Catalog) -> str | None:
    """The framework version that a lock of the release's own day took."""
    own_day = target._replace(as_of=day, phases=())
    found = explain(point.package, target=own_day, sdk=point.sdk, offline=True, catalog=catalog)
    return next(
        (framework_of(point.package, each.version) for each in found.verdicts if each.chosen), None
    )


def locked(point: Point, target: Target, catalog: Catalog) -> tuple[str, str]:
    resolution = lock([point.package], target=target, sdk=point.sdk, offline=True, catalog=catalog)
    (package,) = (each for each in resolution.packages if each.key.name == point.package)
    return str(resolution.sdk), package.version


def until(point: Point, catalog: Catalog) -> str | None:
    """The guarantee of the component or framework version."""
    framework = framework_of(point.package, point.version)
    name = point.package if framework is None else f"{point.package} {framework}"
    try:
        statuses = lifecycle([name], instance=point.instance, as_of=point.day, catalog=catalog)
    except UnknownName:
        return None
    floors = [
        status.floor
        for status in statuses
        if status.subject.name == point.package
        and status.subject.version == (framework or "")
        and status.floor is not None
    ]
    return floors[0].guaranteed_until.isoformat() if floors else None
