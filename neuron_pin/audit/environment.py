"""An installed environment checked against the policy: versions, placeholders, metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator

from neuron_pin.catalog import Catalog
from neuron_pin.inputs.host.distributions import Distribution, read_distributions
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.target import Target

from .finding import Finding, Severity
from .names import check_names
from .remedy import pip_install_command, reinstall_command
from .requirements import check_packages, is_neuron

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


def check_environment(
    folder: str, catalog: Catalog, target: Target, within_days: int
) -> tuple[list[Finding], list[DetectedPackage]]:
    """The findings on an environment, and everything that is installed in it; raises
    `UnreadableInput` for what is not an environment."""
    names = frozenset(name for name, package in catalog.packages.items() if is_neuron(package))
    findings: list[Finding] = []
    stated: list[DetectedPackage] = []
    sound: list[DetectedPackage] = []
    for found in read_distributions(folder, names):
        key = PackageKey(Ecosystem.PIP, found.name)
        statement = DetectedPackage(key, found.version, None, "", folder)
        stated.append(statement)
        if found.name not in names:
            continue
        fake = list(_placeholder(found, folder, catalog, target))
        findings += fake or _metadata(found, folder, catalog.repositories.pip)
        if not fake:
            sound.append(statement)
    findings += check_packages(sound, catalog, target, within_days)
    findings += check_names(stated, catalog, folder)
    return findings, stated


def _placeholder(
    found: Distribution, folder: str, catalog: Catalog, target: Target
) -> Iterator[Finding]:
    reason = ""
    said = f"{found.summary} {found.text}".lower()
    telling = next((words for words in _NOT_IT if words in said), "")
    if telling:
        reason = f"its own words are {telling!r}"
    elif not found.problem and not found.files:
        reason = "it contains no code"
    elif re.match(r"\s*raise\s+\w*(?:Error|Exception)\b", found.text):
        reason = "its only module does nothing but raise an error"
    if reason:
        yield Finding(
            Rule.PLACEHOLDER,
            Severity.ERROR,
            f"{found.name} {found.version}",
            f"this is a placeholder, not the Neuron package: {reason}; it came from another "
            f"index than {catalog.repositories.pip}",
            found.place,
            reinstall_command(folder, found.name, found.version, catalog, target),
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
