"""An installed environment checked against the policy: versions, placeholders, metadata."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.family_names import is_name_of_form
from neuron_pin.catalog.lookalikes import find_mistyped
from neuron_pin.inputs.host.distributions import (
    Distribution,
    list_leftovers,
    read_distributions,
)
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.target import Target

from .finding import Finding, Severity
from .names import check_names
from .newer import check_newer_python
from .remedy import pip_install_command, reinstall_commands
from .requirements import check_packages, is_neuron, list_neuron_names

_NOT_IT = (
    "placeholder",
    "dummy package",
    "wrong package",
    "install the package from neuron",
    "install the package from the neuron",
    "this is not the ",
    "name reserv",
)
"""Words that placeholders have been seen to use, in lower case."""

_NO_PEP440 = r"[<>~]=?\s*\d+(?:\.\d+)*\.[xX*](?![\w.])|[=!]=\s*\d+(?:\.\d+)*\.[xX](?!\w)"


class NeuronNames:
    """The names that make an environment one to check: Neuron packages, what is taken for one,
    and what is called as they are."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or not name:
            return False
        package = self._catalog.packages.get(name)
        if package is not None:
            return is_neuron(package)
        if name in self._catalog.products or find_mistyped(name, self._catalog):
            return True
        return is_name_of_form(name, self._catalog)


def check_environment(
    folder: str, catalog: Catalog, target: Target, within_days: int, root: str = "/"
) -> tuple[list[Finding], list[DetectedPackage]]:
    """The findings on an environment below a root, and everything that is installed in it; raises
    `UnreadableInput` for what is not an environment."""
    names = list_neuron_names(catalog)
    findings: list[Finding] = []
    stated: list[DetectedPackage] = []
    sound: list[DetectedPackage] = []
    placeholders: dict[Distribution, str] = {}
    for found in read_distributions(folder, names, root):
        key = PackageKey(Ecosystem.PIP, found.name)
        statement = DetectedPackage(key, found.version, None, "", folder)
        stated.append(statement)
        if found.name not in names:
            continue
        reason = _placeholder_reason(found)
        if reason:
            placeholders[found] = reason
            continue
        findings += _metadata(found, folder, catalog.repositories.pip)
        sound.append(statement)
    findings[:0] = _placeholders(placeholders, folder, catalog, target)
    if sound:
        findings += check_newer_python(target, catalog, folder)
    findings += check_packages(sound, catalog, target, within_days)
    findings += check_names(stated, catalog, folder)
    findings += (_leftover(found) for found in list_leftovers(folder, names))
    return findings, stated


def _placeholder_reason(found: Distribution) -> str:
    """How a distribution shows that it is a placeholder; empty for one that does not."""
    said = f"{found.summary} {found.text}".lower()
    telling = next((words for words in _NOT_IT if words in said), "")
    if telling:
        return f"its own words are {telling!r}"
    if not found.problem and found.files == ():
        return "it contains no code"
    if re.match(r"\s*raise\s+\w*(?:Error|Exception)\b", found.text):
        return "its only module does nothing but raise an error"
    return ""


def _placeholders(
    found: Mapping[Distribution, str], folder: str, catalog: Catalog, target: Target
) -> Iterator[Finding]:
    """A finding for each placeholder; ``found`` has their reasons."""
    installed = {each.name: each.version for each in found}
    remedies = reinstall_commands(folder, installed, catalog, target)
    for each, reason in found.items():
        yield Finding(
            Rule.PLACEHOLDER,
            Severity.ERROR,
            f"{each.name} {each.version}",
            f"this is a placeholder, not the Neuron package: {reason}; it came from another "
            f"index than {catalog.repositories.pip}",
            each.place,
            remedies[each.name],
        )


def _leftover(found: Distribution) -> Finding:
    """NP406: what is on the disk, and not installed."""
    return Finding(
        Rule.BAD_METADATA,
        Severity.WARNING,
        f"{found.name} {found.version}".rstrip(),
        "this is a leftover of an interrupted pip, which pip and uv ignore: it is not installed",
        found.place,
        f"rm -r {shlex.quote(found.place)}",
    )


def _metadata(found: Distribution, folder: str, index: str) -> Iterator[Finding]:
    subject = f"{found.name} {found.version}"
    if found.problem:
        exact = f"{found.name}=={found.version}"
        yield Finding(
            Rule.BAD_METADATA,
            Severity.ERROR,
            subject,
            found.problem,
            found.place,
            pip_install_command(
                folder,
                ("--force-reinstall", "--no-deps", "--extra-index-url", index, exact),
            ),
        )
    for line in found.requires:
        if re.search(_NO_PEP440, line.partition(";")[0]):
            from neuron_pin.sources.index.core_metadata import repair_requirement

            yield Finding(
                Rule.BAD_METADATA,
                Severity.WARNING,
                subject,
                f"requires {line!r}, which is not valid by PEP 440: newer installers refuse the "
                "package, older ones ignore the requirement",
                found.place,
                f"add the requirement to your own: {repair_requirement(line)}",
            )
