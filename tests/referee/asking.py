"""The product's answers for the referee's points, through its Python interface."""

from __future__ import annotations

from neuron_pin import Catalog, Target, UnknownName, explain, lifecycle, lock

from .policy_facts import framework_of, release_order
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
        in_set=own is not None and not own & NOT_LISTED if released else None,
        phase=phase,
        may=own is not None and found.problem is None and not own - preferred,
        chosen=locked(point, target, catalog) if found.problem is None else None,
        until=until(point, catalog) if phase in ("rc", "stable", "maintenance") else None,
        default=default(point.package, rules) if released else None,
    )


def default(package: str, rules: dict[str, set[str]]) -> str | None:
    """The framework version of which the release ships a version that need not be asked for."""
    found = [
        framework_of(package, version)
        for version, broken in rules.items()
        if not broken & (NOT_LISTED | {"NP202", "NP203"})
    ]
    return max(found, key=lambda each: release_order(each or "0")) if found else None


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
    floors = [status.floor for status in statuses if status.floor is not None]
    return floors[0].guaranteed_until.isoformat() if floors else None
