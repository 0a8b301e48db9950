"""What to do where there is no lock, told from what was asked for."""

from __future__ import annotations

from neuron_pin.catalog import Catalog
from neuron_pin.errors import NoSolution
from neuron_pin.inputs import SDK_NAME, Requirement

from .lock_request import LockRequest


def advise(error: NoSolution, request: LockRequest) -> None:
    """Give an error the hint that fits what was asked for, where one fits better than its own."""
    for requirement in request.requirements:
        hint = find_advice(requirement, request.catalog)
        if hint:
            error.hint = hint
            return


def find_advice(requirement: Requirement, catalog: Catalog) -> str:
    """What is wrong with a requirement by itself, and what to ask for instead; empty for
    nothing."""
    package = catalog.packages.get(requirement.name)
    if package is None:
        if requirement.name == SDK_NAME:
            return ""
        from neuron_pin.catalog.lookalikes import find_intended

        intended = find_intended(requirement.name, catalog)
        return f"did you mean {' or '.join(intended)}?" if intended else ""
    if requirement.is_exact and package.placeholder and requirement.admits(package.placeholder):
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
