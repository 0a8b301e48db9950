"""pylock.toml: PEP 751, made and validated by ``packaging.pylock``.

The Python packages of the lock, for its target; system packages have no place in it.  Of the
markers that PEP 751 allows only those are written that pip, uv and pdm evaluate: pdm takes
``platform_system``, and not ``sys_platform``, beside a machine.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from packaging.markers import Marker
from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.catalog.support import find_first_day
from neuron_pin.errors import WrongUsage
from neuron_pin.policy import Ecosystem, edition_at
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.target.tags import find_machine

TOOL = "neuron-pin"


def render_pylock(resolution: Resolution, command: str) -> str:
    """The text; raises `WrongUsage` for a lock whose files are not known."""
    import tomli_w

    catalog, target = load_catalog(), resolution.target
    packages = resolution.packages_of(Ecosystem.PIP)
    major, _, minor = target.python.partition(".")
    document = Pylock(
        lock_version=Version("1.0"),
        environments=[
            Marker(
                f"python_version == '{target.python}' and platform_system == 'Linux' "
                f"and platform_machine == '{find_machine(target.platforms)}'"
            )
        ],
        requires_python=SpecifierSet(f">={target.python},<{major}.{int(minor) + 1}"),
        created_by=TOOL,
        packages=[_package(package, catalog) for package in packages],
        tool={TOOL: _tool(resolution, command)},
    )
    document.validate()
    return tomli_w.dumps(_plain(document.to_dict()))


def _package(package: LockedPackage, catalog: Catalog) -> Package:
    wheels, sdist = [], None
    # Neuron's index states no times, and installers with a cut-off refuse files without one.
    shipped = catalog.shipped(package.key.name) if package.is_own else {}
    day = find_first_day(catalog, shipped, package.version)
    is_dated = False
    for file in package.files:
        if not file.hashes:
            break
        uploaded = _time(file.uploaded)
        if uploaded is None and day is not None:
            uploaded, is_dated = datetime(day.year, day.month, day.day, tzinfo=timezone.utc), True
        stated: dict[str, Any] = {
            "name": file.filename,
            "url": file.url,
            "size": file.size,
            "upload_time": uploaded,
            "hashes": dict(file.hashes),
        }
        if file.filename.endswith(".whl"):
            wheels.append(PackageWheel(**stated))
        else:
            sdist = sdist or PackageSdist(**stated)
    if not wheels and sdist is None:
        raise WrongUsage(
            f"pylock.toml names files, and those of {package.key.name} are not known",
            hint="lock against indexes: without --offline, or with --index-url",
        )
    facts: dict[str, Any] = {"phase": package.phase_label, "via": list(package.via)}
    if package.kind is not None:
        facts["kind"] = package.kind.value
    if package.sdk:
        facts["sdk"] = package.sdk
    if is_dated:
        facts["upload-time"] = "day of the first SDK release with this version"
    return Package(
        name=canonicalize_name(package.key.name),
        version=Version(package.version),
        index=package.source,
        wheels=wheels or None,
        sdist=sdist,
        tool={TOOL: facts},
    )


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found.astimezone(timezone.utc) if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _tool(resolution: Resolution, command: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"command": command, "target": resolution.target.label}
    if resolution.sdk:
        facts["sdk"] = resolution.sdk
    if resolution.support is not None:
        facts["policy"] = edition_at(resolution.target.as_of).name
        limit = resolution.support.describe_limit(resolution.target.as_of)
        if limit:
            facts["support"] = limit
    return facts


def _plain(value: Any) -> Any:
    """Mappings and sequences as the TOML writer wants them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
