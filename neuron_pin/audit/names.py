"""Names that somebody probably mistook: one edit from a Neuron package's, or a product's that is
not a package.  Also names that look like a Neuron package and are not in the facts."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.family_names import LEFT, is_name_of_form
from neuron_pin.catalog.lookalikes import find_mistyped
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, Rule

from .finding import Finding, Severity


class ReadNames:
    """The names of which a reader takes notice: known packages, and what is taken for one."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (
            name in self._catalog.packages
            or name in self._catalog.products
            or bool(find_mistyped(name, self._catalog))
        )


def check_names(
    stated: Iterable[DetectedPackage], catalog: Catalog, environment: str = ""
) -> Iterator[Finding]:
    """Findings on what is stated or installed by a name that is meant for another (NP408, NP503),
    that no release has had for long (NP201), or that looks like a Neuron package and is not in
    the facts (NP510).  ``environment`` is the folder where it is installed, empty for a file that
    states it."""
    for statement in stated:
        name = statement.key.name
        if statement.key.ecosystem is Ecosystem.SDK or name in catalog.packages:
            continue
        label = f"{name} {statement.version}".rstrip()
        product = catalog.products.get(name)
        if product is not None:
            yield Finding(
                Rule.NOT_A_PACKAGE,
                Severity.WARNING,
                label,
                f"{product.name} is a product, not a package: {product.text} [{product.source}]",
                statement.place,
                f"neuron-pin lifecycle {product.follows}",
            )
            continue
        if name in LEFT:
            release, source = LEFT[name]
            reason = f"no release has had it since Neuron {release} [{source}]"
            place = statement.place
            remedy = "leave it out: aws-neuronx-runtime-lib, or the framework, has the runtime"
            yield Finding(Rule.END_OF_SUPPORT, Severity.ERROR, label, reason, place, remedy)
            continue
        meant = find_mistyped(name, catalog)
        if meant:
            yield Finding(
                Rule.MISTYPED,
                Severity.WARNING,
                label,
                f"one letter from the Neuron package {meant[0]}; no package {name} is known",
                statement.place,
                _remedy(statement, meant[0], environment),
            )
        elif is_name_of_form(name, catalog):
            from .newer import report_unknown_name

            yield report_unknown_name(statement, catalog)


def _remedy(statement: DetectedPackage, meant: str, environment: str) -> str:
    if environment:
        python = shlex.quote(f"{environment.rstrip('/')}/bin/python")
        return f"{python} -m pip uninstall --yes {statement.key.name}"
    requirement = statement.requirement
    if requirement is None:
        return f"ask for {meant} instead, and lock again"
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"write {meant}{extras}{requirement.range}"
