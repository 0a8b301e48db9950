"""The state of the pre-install hooks: a lock, and the facts that a transaction is judged by.

One small file, a line a fact with tabs between its fields, read by ``hooks/program/state.py``
without any other module; at its end the number of lines and their CRC-32, so that a half
written file is no state.
"""

from __future__ import annotations

import shlex
import zlib
from collections.abc import Iterable, Iterator

from neuron_pin.catalog import Catalog, Package, load_catalog
from neuron_pin.catalog.names import DRIVER
from neuron_pin.catalog.successors import find_current_name
from neuron_pin.catalog.windows import find_tested_kernels
from neuron_pin.errors import WrongUsage
from neuron_pin.policy import DEFAULT_PHASES, Ecosystem, Phase, Pin, installable, phase_at
from neuron_pin.printable import blank_unprintable
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.target import Scope, Target

HEAD = "neuron-pin hook state 1"
"""The first line; programs of another version refuse the file."""


def render_hook_state(
    resolution: Resolution,
    command: str,
    *,
    is_expiry_chosen: bool = False,
    on_error: str = "",
    program: str = "neuron-pin",
    shared: Iterable[tuple[str, str]] = (),
) -> str:
    """The text, deterministic; raises `WrongUsage` without system packages.

    ``is_expiry_chosen`` says that somebody chose the day of review; it is kept then where another
    lock is installed.  ``on_error`` is what was chosen for what cannot be judged, empty for
    nothing; ``program`` is how root calls neuron-pin; ``shared`` are packages of which another
    archive of the machine has a locked version as another file, each with that archive.
    """
    target = resolution.target
    packages = resolution.packages_of(target.system)
    if not packages:
        raise WrongUsage(
            "the lock has no system packages for a hook to enforce",
            hint=f"the target is {target.label}",
        )
    catalog = load_catalog()
    rows = [
        ("value", "sdk", resolution.sdk or ""),
        ("value", "label", target.label),
        ("value", "system", target.system.value),
        ("value", "family", target.family or ""),
        ("value", "facts", catalog.announced.isoformat()),
        ("value", "command", command),
        ("value", "relock", _relock_command(resolution, command)),
        ("value", "expires", resolution.expires),
        *([("value", "expires-chosen", "yes")] if is_expiry_chosen else []),
        *([("value", "on-error", on_error)] if on_error else []),
        ("value", "program", program),
        *(("allow", phase.label) for phase in sorted(target.phases - DEFAULT_PHASES)),
        *_names(catalog, target),
        *(_pin(package, catalog) for package in packages),
        *_hashes(packages),
        *(("shared", name, site) for name, site in shared),
        *_known(catalog, target, resolution.sdk),
        *_windows(catalog, target),
        *_kernels(catalog, target),
    ]
    lines = [HEAD, *("\t".join(blank_unprintable(cell) for cell in row) for row in rows)]
    text = "\n".join(lines) + "\n"
    return f"{text}end\t{len(lines)}\t{zlib.crc32(text.encode()):08x}\n"


def _relock_command(resolution: Resolution, command: str) -> str:
    """The command that makes a newer lock of the same packages for the same target, beside the
    lock that is enforced; a refusal shows it."""
    target = resolution.target
    words = ["neuron-pin", "lock"]
    words += ["--offline"] if "--offline" in command.split() else []
    words += target.list_options()
    words += ["--scope", target.scope.value] if target.scope is not Scope.BOTH else []
    words += ["--with-driver", target.driver] if target.driver else []
    words += [p.key.name for p in resolution.packages if "command line" in p.via]
    return shlex.join([*words, "-o", "new.json"])


def _system_packages(catalog: Catalog, target: Target) -> list[Package]:
    return [p for _, p in sorted(catalog.packages.items()) if target.system in p.systems]


def _names(catalog: Catalog, target: Target) -> Iterator[tuple[str, ...]]:
    """Every name, with the day on which it as a whole is out of support."""
    for package in _system_packages(catalog, target):
        ended, source = _end(catalog, package.name, "", target)
        instead = find_current_name(catalog, package.name, target.as_of, target.family)
        yield "name", package.name, ended, instead, source


def _pin(package: LockedPackage, catalog: Catalog) -> tuple[str, ...]:
    pin = package.pin
    word = _word(catalog, package.key.ecosystem, package.key.name, pin)
    return "pin", package.key.name, pin.reach.value, pin.base, package.version, word


def _hashes(packages: Iterable[LockedPackage]) -> Iterator[tuple[str, ...]]:
    """The SHA-256 of the locked files, where the lock has been made from a repository: another
    archive may have the same version as another file."""
    for package in packages:
        found = sorted(
            {dict(f.hashes)["sha256"] for f in package.files if "sha256" in dict(f.hashes)}
        )
        if package.key.ecosystem is Ecosystem.APT and found:
            yield "sha256", package.key.name, package.version, " ".join(found)


def _word(catalog: Catalog, system: Ecosystem, name: str, pin: Pin) -> str:
    """What the package manager takes to install what the pin holds."""
    package = catalog.packages.get(name)
    if system is Ecosystem.APT and package is not None and pin.is_exact:
        return package.apt_spec(pin.base)
    return installable(name, pin, system)


def _known(catalog: Catalog, target: Target, sdk: str | None) -> Iterator[tuple[str, ...]]:
    """Every version that a release has shipped."""
    for package in _system_packages(catalog, target):
        for version, rows in sorted(catalog.shipped(package.name).items()):
            sdks = [release for release, _ in rows]
            families = sorted({family for _, member in rows for family in member.instances})
            ended, source = _end(catalog, package.name, version, target)
            word = ""
            if sdk in sdks:
                exact = f"{package.name}-{version}"
                word = package.apt_spec(version) if target.system is Ecosystem.APT else exact
            yield (
                "known",
                package.name,
                version,
                " ".join(sdks),
                " ".join(families),
                ended,
                word,
                source or f"release manifest, {sdks[0]}",
            )


def _end(catalog: Catalog, name: str, version: str, target: Target) -> tuple[str, str]:
    """The day of an end of support that was announced by the day of the lock, and the
    announcement; empty for none."""
    events = [
        event
        for event in catalog.events_by_name.get(name, ())
        if event.concerns(name, version, target.family) and event.stands(target.as_of)
    ]
    days = sorted(event.effective for event in events if event.effective is not None)
    if not days:
        return "", ""
    # The last word counts: an end may have been taken back.
    fact = phase_at(events, name, version, target.family, max(days[-1], target.as_of))
    if fact.phase is not Phase.EOS or fact.event is None or fact.event.effective is None:
        return "", ""
    return fact.event.effective.isoformat(), fact.event.source


def _windows(catalog: Catalog, target: Target) -> Iterator[tuple[str, ...]]:
    """The windows between system packages."""
    names = {package.name for package in _system_packages(catalog, target)}
    for name in sorted(names):
        for window in catalog.packages[name].windows:
            if window.other not in names:
                continue
            yield (
                "window",
                name,
                window.versions.first,
                window.versions.below,
                window.other,
                window.range.first,
                window.range.below,
                " ".join(sorted(window.instances)),
                window.source,
            )


def _kernels(catalog: Catalog, target: Target) -> Iterator[tuple[str, ...]]:
    """The kernels that drivers need, and were tested on, on the target's system."""
    system = target.os.name if target.os is not None else ""
    for floor in catalog.kernel_floors:
        if floor.os == system:
            span = floor.versions
            yield "floor", floor.package, span.first, span.below, floor.kernel, floor.source
    for version, rows in sorted(catalog.shipped(DRIVER).items()):
        kernels, source = find_tested_kernels(catalog, [sdk for sdk, _ in rows], system)
        if kernels:
            yield "tested", version, " ".join(kernels), source
