"""Which versions an image has: what the lists name, in the versions that its release ships.

The vendor's recipes of 106 container images state 690 versions of Neuron packages; 687 are those
that the release lists, and the facts have the three others themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from neuron_pin.policy.version import version_order

from .catalog import Catalog
from .images import ContainerImage, MachineImage

Contents = dict[str, tuple[str, ...]]
"""Versions by package, highest first, empty where they are not known."""

HOST = ("aws-neuronx-dkms", "aws-neuronx-tools")
"""What every machine image has beside EFA (user guide, "Neuron Base DLAMI")."""

ENVIRONMENT = ("aws-neuronx-collectives", "aws-neuronx-runtime-lib", "neuronx-cc")
"""What one with environments has besides: each comes with compiler and runtime."""

LIBRARIES = (
    (r"\btorch neuronx\b", ("torch-neuronx",)),
    (r"\bnxd core\b|\bneuronx distributed\b", ("neuronx-distributed",)),
    (r"\bnxd training\b", ("neuronx-distributed-training", "neuronx-distributed")),
    (r"\bnxd inference\b", ("neuronx-distributed-inference", "neuronx-distributed")),
    (r"\bjax\b", ("jax-neuronx", "libneuronxla")),
    (r"\btransformers neuronx\b", ("transformers-neuronx",)),
    (r"\btensorflow\b", ("tensorflow-neuronx",)),
    (r"\bvllm neuron\b", ("vllm-neuron",)),
)
"""What environments say is in them, as packages."""

INF1_LIBRARIES = (
    (r"\btorch\b|\bpytorch\b", ("torch-neuron", "neuron-cc")),
    (r"\btensorflow\b", ("tensorflow-neuron", "neuron-cc")),
)
"""The same of environments for Inf1, whose folders say so."""


def list_contents(catalog: Catalog, image: ContainerImage) -> Contents:
    """The Neuron packages of a container image; nothing is known of the versions of a release
    that is not listed."""
    found: Contents = {}
    shipped = _list_shipped(catalog, image.sdk, image.python, image.instances)
    for name, stated in image.packages.items():
        found[name] = (stated,) if stated else _choose(catalog, image, name, shipped)
    return dict(sorted(found.items()))


def list_machine_contents(catalog: Catalog, image: MachineImage, sdk: str) -> Contents:
    """Those of a machine image of a release: the driver and tools, and what its environments say
    is in them."""
    names: dict[str, None] = dict.fromkeys(HOST)
    if image.environments:
        names |= dict.fromkeys(ENVIRONMENT)
    frameworks: dict[str, set[str]] = {}
    for folder, libraries in image.environments.items():
        words = libraries.lower().replace("-", " ")
        version = re.search(r"\b(?:pytorch|jax|tensorflow)\D{0,10}(\d+\.\d+)", words)
        for pattern, packages in INF1_LIBRARIES if folder.endswith("_inf1") else LIBRARIES:
            if re.search(pattern, words):
                for member in packages:
                    names[member] = None
                    if version is not None:
                        frameworks.setdefault(member, set()).add(version[1])
    shipped = _list_shipped(catalog, sdk, "", image.instances)
    found: Contents = {}
    for name in sorted(names):
        versions = shipped.get(name, ())
        package = catalog.packages.get(name)
        wanted = frameworks.get(name, set())
        if package is not None and package.framework and wanted:
            versions = [v for v in versions if ".".join(v.split(".")[:2]) in wanted] or versions
        if versions:
            found[name] = _sort(versions)
    return found


def _list_shipped(
    catalog: Catalog, sdk: str, python: str, families: Iterable[str]
) -> Mapping[str, list[str]]:
    """The versions that a release ships for any of some instance families, all if there are none,
    and for a Python if one is given, else for any."""
    found: dict[str, list[str]] = {}
    known = next((r for r in catalog.releases if r.sdk == sdk), None)
    if known is None:
        return found
    rows = [(p.package, p.version) for p in catalog.parts if p.sdk == sdk]
    if known.listed:
        wanted = {catalog.instances.get(family, family) for family in families}
        rows = [
            (m.package, m.version)
            for m in catalog.members(sdk)
            if m.version
            and (not python or not m.pythons or python in m.pythons)
            and (not wanted or wanted & m.instances)
        ]
    for name, version in rows:
        of_name = found.setdefault(name, [])
        if version not in of_name:
            of_name.append(version)
    return found


def _choose(
    catalog: Catalog, image: ContainerImage, name: str, shipped: Mapping[str, list[str]]
) -> tuple[str, ...]:
    """Of several versions that a release ships the one for the image's framework version."""
    versions = shipped.get(name, [])
    package = catalog.packages.get(name)
    if package is not None and package.framework == image.framework:
        series = ".".join(image.version.split(".")[:2])
        versions = [v for v in versions if ".".join(v.split(".")[:2]) == series] or versions
    return _sort(versions)


def _sort(versions: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(versions, key=lambda v: (version_order(v), v), reverse=True))


_TITLES = {
    "pytorch": "PyTorch",
    "jax": "JAX",
    "tensorflow": "TensorFlow",
    "mxnet": "MXNet",
    "vllm": "vLLM",
}


def describe_framework(image: ContainerImage) -> str:
    """``PyTorch 2.9.0``; the version alone where it is not known of what."""
    return f"{_TITLES.get(image.framework, image.framework)} {image.version}".strip()
