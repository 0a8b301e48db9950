"""What to do where there is no lock, told from what was asked for."""

from __future__ import annotations

from neuron_pin.catalog import Catalog, Package
from neuron_pin.errors import NoSolution
from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.settings import redact_urls

from .lock_request import LockRequest


def advise(error: NoSolution, request: LockRequest) -> None:
    """Give an error the hint that fits what was asked for, where one fits better than its own."""
    for requirement in request.requirements:
        index = request.sources.indexes.neuron_index_url or request.catalog.repositories.pip
        hint = find_advice(requirement, request.catalog, index)
        if hint:
            error.hint = hint
            package = request.catalog.packages.get(requirement.name)
            if package is not None and _is_placeholder(requirement, package):
                # Which release ships the package is beside the point.
                name = package.name
                rest = [cause for cause in error.causes if f"does not ship {name} " not in cause]
                error.causes = (f"no release ships {name} {package.placeholder}", *rest)
            return


def find_advice(requirement: Requirement, catalog: Catalog, neuron_index: str) -> str:
    """What is wrong with a requirement by itself, and what to ask for instead; empty for
    nothing."""
    package = catalog.packages.get(requirement.name)
    if package is None:
        if requirement.name == SDK_NAME:
            return ""
        in_part = {release.sdk for release in catalog.releases if release.in_part}
        events = catalog.events_by_name.get(requirement.name, ())
        event = next((event for event in events if event.sdk in in_part), None)
        if event is not None:
            option = f"--index {requirement.name}={redact_urls(neuron_index)}"
            return (
                f"{requirement.name} came with SDK {event.sdk}, which is known in part: {option} "
                f"asks Neuron's index for it [{event.source}]"
            )
        from neuron_pin.catalog.lookalikes import find_intended

        intended = find_intended(requirement.name, catalog)
        return f"did you mean {' or '.join(intended)}?" if intended else ""
    if _is_placeholder(requirement, package):
        return (
            f"{package.name} {package.placeholder} is the placeholder on PyPI, not AWS's package: "
            f"ask for {package.name} without that version"
        )
    if requirement.is_exact and requirement.range.startswith("=="):
        shipped = [version for version in catalog.shipped(package.name) if version]
        base = requirement.range.removeprefix("==").strip()
        is_prefix = any(version.startswith(f"{base}.") for version in shipped)
        if is_prefix and not any(requirement.admits(version) for version in shipped):
            return f"did you mean {package.name}=={base}.*?"
    return ""


def _is_placeholder(requirement: Requirement, package: Package) -> bool:
    """Whether a requirement asks for just the version that the placeholder on PyPI has."""
    return (
        requirement.is_exact
        and bool(package.placeholder)
        and requirement.admits(package.placeholder)
    )
