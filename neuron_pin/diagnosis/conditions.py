"""What has to be true for a cause, decided by what is known of a place and by the catalog.

Each condition is a function of the case and of the row's arguments; its answer is yes, no, or
unknown (`None`), and the fact in words: of an unknown answer, what would decide it.
"""

from __future__ import annotations

import re

from neuron_pin.catalog import public_version, sdk_key, version_numbers
from neuron_pin.catalog.facts import VersionRange
from neuron_pin.catalog.names import DRIVER, RUNTIME
from neuron_pin.catalog.windows import (
    Pair,
    find_clash,
    find_floor_above,
    find_tested_kernels,
    parse_kernel_series,
)
from neuron_pin.inputs.requirements.specifier import admits

from .case import Answer, Case, Decide, find_version, verb
from .models import model_may_break, model_runs

UNKNOWN_DRIVER = "which driver is loaded"


def _missing(case: Case, name: str) -> Answer:
    return find_version(case, name).negated


def _between(case: Case, name: str, first: str, below: str) -> Answer:
    found = find_version(case, name)
    if not found.truth:
        return found
    return found._replace(truth=VersionRange(first, below).contains(case.known.versions[name]))


def _driver(case: Case) -> str | None:
    """The driver that runs; of a lock, the one that it has."""
    known = case.known
    return known.versions.get(DRIVER) if known.driver is None else known.driver


def _driver_range(case: Case, first: str, below: str) -> Answer:
    driver = _driver(case)
    if driver is None:
        return Answer(None, UNKNOWN_DRIVER)
    if not driver:
        return Answer(False, "no driver is loaded")
    return Answer(VersionRange(first, below).contains(driver), _describe_driver(case, driver))


def _describe_driver(case: Case, driver: str) -> str:
    if case.known.driver is None:
        return f"{DRIVER} {driver} {verb(case)}"
    return f"driver {driver} is loaded"


def _driver_below(case: Case, version: str) -> Answer:
    return _driver_range(case, "", version)


def _driver_from(case: Case, version: str) -> Answer:
    return _driver_range(case, version, "")


def _driver_loaded(case: Case) -> Answer:
    driver = case.known.driver
    if driver is None:
        return Answer(None, "whether a driver is loaded")
    return Answer(bool(driver), f"driver {driver} is loaded" if driver else "no driver is loaded")


def _driver_not_loaded(case: Case) -> Answer:
    return _driver_loaded(case).negated


def _driver_not_reloaded(case: Case) -> Answer:
    loaded, installed = case.known.driver, case.known.versions.get(DRIVER)
    if loaded is None or (installed is None and not case.known.has_system):
        return Answer(None, "which driver is loaded, and which is installed")
    if not loaded or installed is None:
        fact = "no driver is loaded" if not loaded else f"{DRIVER} is not installed"
        return Answer(False, fact)
    differs = public_version(installed) != loaded
    return Answer(differs, f"driver {loaded} is loaded, {public_version(installed)} is installed")


def _driver_clash(case: Case) -> Answer:
    driver, runtime = _driver(case), case.known.versions.get(RUNTIME)
    if not driver or runtime is None:
        if driver == "":
            return Answer(False, "no driver is loaded")
        if runtime is None and case.known.has_system:
            return Answer(False, f"{RUNTIME} {verb(case, negative=True)}")
        return Answer(None, f"which driver is loaded, and which {RUNTIME} is installed")
    source = find_clash(case.catalog, Pair(driver, runtime), case.known.family or None)
    fact = f"{_describe_driver(case, driver)}, and {RUNTIME} {runtime} {verb(case)}"
    return Answer(bool(source), f"{fact} [{source}]" if source else fact)


def _no_devices(case: Case) -> Answer:
    if case.known.has_devices is None:
        return Answer(None, "whether there is a /dev/neuron0")
    fact = "there is a /dev/neuron0" if case.known.has_devices else "there is no /dev/neuron0"
    return Answer(not case.known.has_devices, fact)


def _no_headers(case: Case, kernel: str) -> Answer:
    return _lacks(case.known.headers, kernel or case.known.kernel, "headers of kernel")


def _no_module(case: Case) -> Answer:
    return _lacks(case.known.modules, case.known.kernel, "drivers built for kernel")


def _module_built(case: Case) -> Answer:
    return _no_module(case).negated


def _lacks(kernels: frozenset[str] | None, kernel: str, what: str) -> Answer:
    if kernels is None or not kernel:
        return Answer(None, f"whether there are {what} {kernel}".rstrip())
    has = kernel in kernels
    return Answer(not has, f"there are {'' if has else 'no '}{what} {kernel}")


def _kernel_untested(case: Case, kernel: str) -> Answer:
    """Whether the driver was not tested on a kernel, or is too new for it, on this system."""
    driver = case.known.versions.get(DRIVER) or case.known.driver
    system = case.known.system
    if not driver or system is None:
        return Answer(None, f"which {DRIVER} is installed, and the operating system")
    public = public_version(driver)
    floor = find_floor_above(case.catalog, public, system.name, kernel)
    if floor is not None:
        fact = f"driver {public} needs kernel {floor.kernel} or newer [{floor.source}]"
        return Answer(True, fact)
    sdks = [sdk for sdk, _ in case.catalog.shipped(DRIVER).get(public, ())]
    tested, source = find_tested_kernels(case.catalog, sdks, system.name)
    if not tested:
        return Answer(None, f"which kernels driver {public} was tested on with {system.name}")
    fact = f"driver {public} was tested on {system.name} with kernel {', '.join(tested)}"
    is_tested = parse_kernel_series(kernel) in map(parse_kernel_series, tested)
    return Answer(not is_tested, f"{fact} [{source}]")


def _renamed(case: Case, name: str) -> Answer:
    package = case.catalog.packages.get(name)
    if package is None or not package.replaced_by:
        return Answer(False, f"the facts know no other name of {name}")
    return Answer(True, f"{name} is {package.replaced_by} since")


def _family(case: Case, families: str) -> Answer:
    if not case.known.family:
        return Answer(None, "the instance family")
    return Answer(case.known.family in families.split(), f"the family is {case.known.family}")


def _family_known(case: Case) -> Answer:
    return _family(case, case.known.family)


def _newer_than_family(case: Case, name: str, family: str) -> Answer:
    """Whether a package is of a release after the last one that has it for a family."""
    found = find_version(case, name)
    if not found.truth:
        return found
    version = public_version(case.known.versions[name])
    shipped = case.catalog.shipped(name)
    last = max(
        (own for own, rows in shipped.items() if any(family in m.instances for _, m in rows)),
        key=version_numbers, default="",
    )  # fmt: skip
    newer = bool(last) and version_numbers(version) > version_numbers(last)
    return Answer(newer, f"{found.fact}, and the last one for {family} is {last}")


def _releases(case: Case, name: str) -> tuple[str, list[str]]:
    """A package's version, and the releases that ship it, oldest first."""
    version = public_version(case.known.versions[name])
    found = case.catalog.releases_of(name, version)
    return version, sorted((release.sdk for release in found), key=sdk_key)


def _compare_releases(case: Case, name: str, other: str) -> tuple[Answer, bool | None]:
    """What releases two packages are of, and whether the first is of older ones than the second;
    unknown where they share one or the facts do not know a version."""
    facts = []
    releases = []
    for each in (name, other):
        found = find_version(case, each)
        if not found.truth:
            return found, None
        version, sdks = _releases(case, each)
        if not sdks:
            return Answer(None, f"which release {each} {version} is of"), None
        facts.append(f"{each} {version} is of SDK {sdks[-1]}")
        releases.append(sdks)
    own, others = releases
    answer = Answer(not set(own) & set(others), ", ".join(facts))
    return answer, sdk_key(own[-1]) < sdk_key(others[0])


def _older_release(case: Case, name: str, than: str) -> Answer:
    answer, is_older = _compare_releases(case, name, than)
    return answer if is_older is None else answer._replace(truth=is_older)


def _behind(case: Case, name: str) -> Answer:
    found = find_version(case, name)
    if not found.truth:
        return found
    version, sdks = _releases(case, name)
    newest = max(case.catalog.shipped(name), key=version_numbers)
    if version_numbers(version) >= version_numbers(newest):
        return Answer(False, f"{name} {version} is the newest that the facts know")
    label = f" of SDK {sdks[-1]}" if sdks else ""
    return Answer(True, f"{name} {version}{label} is installed, {newest} is the newest known")


def _newest(case: Case, name: str) -> Answer:
    found = _behind(case, name)
    if not find_version(case, name).truth:
        return found
    return found._replace(truth=not found.truth)


def _no_wheel(case: Case, name: str, versions: str = "") -> Answer:
    """Whether no version of a package, of those that were asked for (a specifier, empty for
    all), has a wheel for the Python."""
    if not case.known.python:
        return Answer(None, "the Python version")
    shipped = case.catalog.shipped(name)
    asked = [rows for version, rows in shipped.items() if _admits(versions, version)]
    if not shipped or not asked:
        text = f"for which Pythons there is a {name}{versions}"
        return (
            Answer(None, text)
            if not shipped
            else Answer(False, f"no release that the facts know has {name}{versions}")
        )
    members = [member for rows in asked for _, member in rows]
    if any(not member.pythons for member in members):
        return Answer(False, f"{name}{versions} has wheels for every Python")
    pythons = {python for member in members for python in member.pythons}
    known = ", ".join(sorted(pythons, key=version_numbers))
    fact = f"Python is {case.known.python}, and {name}{versions} has wheels for {known}"
    return Answer(case.known.python not in pythons, fact)


def _admits(versions: str, version: str) -> bool:
    try:
        return not versions or admits(versions, version)
    except ValueError:
        return True


def _has_wheel(case: Case, name: str, versions: str = "") -> Answer:
    return _no_wheel(case, name, versions).negated


def _placeholder(case: Case, name: str, version: str) -> Answer:
    package = case.catalog.packages.get(name)
    if package is None or not package.placeholder:
        return Answer(None, f"whether {name} {version} is a placeholder")
    known = package.placeholder
    same = version_numbers(version) == version_numbers(known)
    return Answer(same, f"the placeholder of {name} has version {known}")


def _glibc_below(case: Case, library: str, version: str) -> Answer:
    if library != "GLIBC":
        return Answer(False, f"the message is about {library}")
    system = case.known.system
    if system is None:
        return Answer(None, "the operating system")
    fact = f"{system.name} has glibc {system.glibc}, and {version} is needed"
    return Answer(version_numbers(system.glibc) < version_numbers(version), fact)


NUMPY_2 = 0x12
"""The version of NumPy's C interface with which NumPy 2 begins.  Source: numpy,
numpy/_core/code_generators/cversions.txt."""


def _numpy_2(case: Case, interface: str) -> Answer:
    """Whether NumPy is 2: by its version, or by that of its C interface in the message; a message
    without one is of NumPy 2 alone."""
    version = case.known.versions.get("numpy", "")
    if version:
        return Answer(version_numbers(version)[:1] >= (2,), f"numpy {version} {verb(case)}")
    if not interface:
        return Answer(True, "only NumPy 2 says so")
    fact = f"the message names the interface 0x{interface}, and NumPy 2 begins with 0x{NUMPY_2:x}"
    return Answer(int(interface, 16) >= NUMPY_2, fact)


def _numpy_1(case: Case, interface: str) -> Answer:
    return _numpy_2(case, interface).negated


def _is(case: Case, text: str, other: str) -> Answer:
    del case
    return Answer(text == other, f"the message names {text}")


def _is_not(case: Case, text: str, other: str) -> Answer:
    del case
    return Answer(text != other, f"the message names {text}")


def _framework_differs(case: Case) -> Answer:
    for name in ("torch", "torch-neuronx"):
        found = find_version(case, name)
        if not found.truth:
            return found
    torch, neuron = (case.known.versions[name] for name in ("torch", "torch-neuronx"))
    package = case.catalog.packages["torch-neuronx"]
    numbers = package.framework_numbers(neuron)
    fact = f"torch {torch} is installed, and torch-neuronx {neuron} is for {_join(numbers)}"
    return Answer(version_numbers(torch)[:2] != numbers[:2], fact)


def _framework_agrees(case: Case) -> Answer:
    found = _framework_differs(case)
    if any(name not in case.known.versions for name in ("torch", "torch-neuronx")):
        return found
    return found._replace(truth=not found.truth)


def _join(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


def _no_suite(case: Case, suite: str) -> Answer:
    if not re.fullmatch(r"[a-z]{3,20}", suite):
        return Answer(None, "which suite was asked for")
    known = [s.codename for s in case.catalog.systems if s.codename]
    fact = f"the facts know {', '.join(known)}"
    return Answer(suite not in known, fact)


CONDITIONS: dict[str, Decide] = {
    "installed": find_version,
    "missing": _missing,
    "between": _between,
    "driver-below": _driver_below,
    "driver-from": _driver_from,
    "driver-loaded": _driver_loaded,
    "driver-not-loaded": _driver_not_loaded,
    "driver-not-reloaded": _driver_not_reloaded,
    "driver-clash": _driver_clash,
    "no-devices": _no_devices,
    "no-headers": _no_headers,
    "no-module": _no_module,
    "module-built": _module_built,
    "kernel-untested": _kernel_untested,
    "renamed": _renamed,
    "family": _family,
    "family-known": _family_known,
    "newer-than-family": _newer_than_family,
    "older-release": _older_release,
    "model-may-break": model_may_break,
    "model-runs": model_runs,
    "behind": _behind,
    "newest": _newest,
    "no-wheel": _no_wheel,
    "has-wheel": _has_wheel,
    "placeholder": _placeholder,
    "glibc-below": _glibc_below,
    "numpy-2": _numpy_2,
    "numpy-1": _numpy_1,
    "is": _is,
    "is-not": _is_not,
    "framework-differs": _framework_differs,
    "framework-agrees": _framework_agrees,
    "no-suite": _no_suite,
}
"""By the names that messages.json uses."""
