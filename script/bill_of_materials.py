"""Writes the bill of materials of a release: neuron-pin with what it needs.

    bill_of_materials.py PYLOCK FOLDER

FOLDER holds the wheel and the source distribution; the result is FOLDER/neuron-pin.cdx.json.
The dependencies are those that PYLOCK locks, not those that an index has on the day of the build,
so the same commit gives the same bytes.  Needs SOURCE_DATE_EPOCH, the time that is stated.
Source: CycloneDX 1.6; package URLs of PyPI; PEP 751.
"""

from __future__ import annotations

import email.parser
import hashlib
import os
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE_NAME = "neuron-pin.cdx.json"
_NAMESPACE = UUID("0c0c3c0e-5f0e-5b0a-8b0e-3a2f4d2d7c55")
# The machine that the lock is for (script/pin); not the one that builds.
_PYTHON = "3.12"
_ENVIRONMENT = {
    "extra": "",
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": f"{_PYTHON}.0",
    "python_version": _PYTHON,
    "sys_platform": "linux",
}


def make_bill(lock: dict[str, Any], wheel: Path, sdist: Path, made: datetime) -> Bom:
    """The bill of materials of a release, with the time that it states.

    Raises `ValueError` where the lock does not fit what the wheel says that it needs.
    """
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = email.parser.BytesParser().parsebytes(archive.read(name))
    packages: dict[str, dict[str, Any]] = {
        canonicalize_name(package["name"]): package for package in lock["packages"]
    }
    needed = set(_needed_names(metadata.get_all("Requires-Dist", []), packages))

    root = _make_component(metadata["Name"], metadata["Version"], ComponentType.APPLICATION)
    root.licenses.add(LicenseExpression(metadata["License-Expression"]))
    for path in (wheel, sdist):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        root.components.add(
            Component(
                name=path.name,
                type=ComponentType.FILE,
                bom_ref=path.name,
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
            )
        )
    bom = Bom()
    bom.metadata.component = root
    bom.metadata.timestamp = made
    target = lock["tool"]["neuron-pin"]["target"]
    if f"Python {_PYTHON}" not in target:
        raise ValueError(f"the lock is for {target}, not for Python {_PYTHON}: run script/pin")
    bom.metadata.properties.add(Property(name="neuron-pin:target", value=target))
    components: dict[str, Component] = {}
    for name, package in sorted(packages.items()):
        component = _make_component(name, package["version"], ComponentType.LIBRARY)
        for wheel_row in package["wheels"]:
            component.external_references.add(
                ExternalReference(
                    type=ExternalReferenceType.DISTRIBUTION,
                    url=XsUri(wheel_row["url"]),
                    hashes=[
                        HashType(alg=HashAlgorithm.SHA_256, content=wheel_row["hashes"]["sha256"])
                    ],
                )
            )
        components[name] = component
        bom.components.add(component)
    edges: dict[str, set[str]] = {name: set() for name in packages}
    for name, package in packages.items():
        for parent in _parents(package):
            edges[parent].add(name)
    bom.register_dependency(root, [components[name] for name in sorted(needed)])
    for name, children in sorted(edges.items()):
        bom.register_dependency(components[name], [components[child] for child in sorted(children)])
    bom.serial_number = uuid5(_NAMESPACE, _render(bom, UUID(int=0)))
    return bom


def _needed_names(stated: list[str], packages: dict[str, dict[str, Any]]) -> Iterator[str]:
    for requirement in map(Requirement, stated):
        if requirement.marker is not None and not requirement.marker.evaluate(_ENVIRONMENT):
            continue
        name = canonicalize_name(requirement.name)
        locked = packages[name]["version"] if name in packages else None
        if locked is None or not requirement.specifier.contains(locked):
            raise ValueError(f"{requirement} is needed, and the lock has {locked}: run script/pin")
        yield name


def _parents(package: dict[str, Any]) -> Iterator[str]:
    # "requests", "httpx[http2]", or a place in pyproject.toml.
    for via in package["tool"]["neuron-pin"]["via"]:
        if not re.fullmatch(r"pyproject\.toml(:\d+)?", via):
            yield canonicalize_name(via.partition("[")[0])


def _make_component(name: str, version: str, kind: ComponentType) -> Component:
    url = PackageURL(type="pypi", name=canonicalize_name(name), version=version)
    return Component(name=name, version=version, type=kind, purl=url, bom_ref=url.to_string())


def _render(bom: Bom, serial_number: UUID) -> str:
    bom.serial_number = serial_number
    outputter = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    return str(outputter.output_as_string(indent=2)) + "\n"


def main(arguments: list[str]) -> int:
    """Run the command line; the exit code."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    lock_path, folder = map(Path, arguments)
    lock = tomllib.loads(lock_path.read_text(encoding="utf-8"))
    made = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), timezone.utc)
    try:
        (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
        bom = make_bill(lock, wheel, sdist, made)
    except ValueError as error:
        print(f"bill_of_materials.py: {error}", file=sys.stderr)
        return 2
    text = _render(bom, bom.serial_number)
    (folder / FILE_NAME).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
