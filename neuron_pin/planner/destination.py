"""What a plan installs: the packages of one release for a framework, an image, some parts.

The options have the names of the vendor's own installation script, so that its calls work here
as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from neuron_pin.catalog import Catalog, ComponentKind, FrameworkRole, Package, sdk_key
from neuron_pin.catalog.newness import get_system
from neuron_pin.catalog.support import find_supported_pythons
from neuron_pin.errors import NeuronPinError, NoSolution, UnknownName, WrongUsage
from neuron_pin.inputs import SDK_NAME, Requirement, parse_requirement
from neuron_pin.operations.lock_request import LockRequest, lock_request, parse_sdk
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.record import Enum, NamedTuple
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.target import Scope

FRAMEWORKS = ("pytorch", "jax", "tensorflow", "mxnet", "none")


class Category(Enum):
    """A part of a release."""

    DRIVER = "driver"
    RUNTIME = "runtime"
    TOOLS = "tools"
    COMPILER = "compiler"
    FRAMEWORK = "framework"
    EFA = "efa"


CATEGORIES: Mapping[str, frozenset[Category]] = {
    "all": frozenset(Category) - {Category.EFA},
    "driver_runtime_tools": frozenset({Category.DRIVER, Category.RUNTIME, Category.TOOLS}),
    "compiler_framework": frozenset({Category.COMPILER, Category.FRAMEWORK}),
    **{category.value: frozenset({category}) for category in Category},
}

SYSTEM: Mapping[str, Category] = {
    "aws-neuronx-dkms": Category.DRIVER,
    "aws-neuron-dkms": Category.DRIVER,
    "aws-neuronx-runtime-lib": Category.RUNTIME,
    "aws-neuronx-collectives": Category.RUNTIME,
    "aws-neuronx-tools": Category.TOOLS,
    "aws-neuron-tools": Category.TOOLS,
}

COMPILERS = ("neuronx-cc", "neuron-cc")
BRIDGE = "libneuronxla"
"""What frameworks call the compiler through; its version follows from theirs."""


class Ami(Enum):
    """The image that a machine was started from."""

    PLAIN = "non-dlami"
    BASE = "dlami-base"
    CONDA = "dlami-conda"
    FRAMEWORK = "dlami-framework"
    NEURON = "dlami-neuron"

    @property
    def has_environment(self) -> bool:
        """Whether it comes with virtual environments under ``/opt``."""
        return self in (Ami.CONDA, Ami.FRAMEWORK, Ami.NEURON)


class Wanted(NamedTuple):
    """What to install: a framework (one of `FRAMEWORKS`), its version or empty, the parts, the
    image, packages by name, and installed system packages that are updated with the release if
    it has them.  ``left`` are installed packages that the release does not have, and that are
    left out."""

    framework: str
    framework_version: str
    categories: frozenset[Category]
    ami: Ami
    named: tuple[Requirement, ...] = ()
    moved: tuple[str, ...] = ()
    left: tuple[Requirement, ...] = ()


class TargetState(NamedTuple):
    """What is installed afterwards.

    ``roots`` are the Python packages to ask pip for, ``constraints`` all that it must obey, the
    release's other members among them.
    """

    resolution: Resolution
    roots: tuple[LockedPackage, ...]
    constraints: tuple[LockedPackage, ...]
    efa: str

    @property
    def sdk(self) -> str:
        """The SDK release."""
        return self.resolution.sdk or ""


def parse_wanted(
    framework: str,
    framework_version: str,
    category: Sequence[str],
    ami: str,
    named: Sequence[Requirement],
) -> Wanted:
    """What the options say; raises `UnknownName` or `WrongUsage`."""
    if framework not in FRAMEWORKS:
        raise UnknownName("framework", framework, FRAMEWORKS, hint=", ".join(FRAMEWORKS))
    if framework_version and not re.fullmatch(r"\d+(\.\d+){1,6}", framework_version):
        raise WrongUsage(
            f"--framework-version: {framework_version!r} is not a version", hint="write it as 2.8"
        )
    found: set[Category] = set()
    for name in category or ("all",):
        if name not in CATEGORIES:
            raise UnknownName("category", name, CATEGORIES, hint=", ".join(CATEGORIES))
        found |= CATEGORIES[name]
    if framework == "none":
        found -= {Category.COMPILER, Category.FRAMEWORK}
    try:
        image = Ami(ami)
    except ValueError:
        known = [image.value for image in Ami]
        raise UnknownName("image", ami, known, hint=", ".join(known)) from None
    return Wanted(framework, framework_version, frozenset(found), image, tuple(named))


def find_target_state(request: LockRequest, wanted: Wanted) -> TargetState:
    """What to install, of the newest release that has it for the target.

    On a host without its containers only the driver and the tools are installed.

    Without a Python in the request it is the operating system's if that works, else the newest
    that works.  Raises `NoSolution`.
    """
    if request.target.scope is Scope.HOST:
        of_host = {Category.DRIVER, Category.TOOLS, Category.EFA}
        wanted = wanted._replace(categories=wanted.categories & of_host)
    options, catalog = request.target_options, request.catalog
    if options.instance is None or options.system is None:
        systems = ", ".join(system.name for system in catalog.systems)
        families = "|".join(sorted(catalog.instances))
        raise WrongUsage(
            "a plan needs an instance family and an operating system",
            hint=f"give --instance ({families}) and --os ({systems})",
        )
    problem: NoSolution | None = None
    for python in _pythons(request):
        tried = request.with_target(python=python)
        for requirements in _alternatives(tried, wanted):
            try:
                return _of_release(tried, wanted, requirements)
            except NoSolution as error:
                # That Python itself has ended says less than why the others do not do.
                message = " ".join((error.message, *error.causes))
                if problem is None or "python" in " ".join((problem.message, *problem.causes)):
                    if problem is None or "is out of support" not in message:
                        problem = error
    if problem is None:
        raise NoSolution(f"no SDK release has {wanted.framework} for {options.instance}")
    raise problem


def _pythons(request: LockRequest) -> list[str]:
    """The Pythons to try: the one asked for, or the system's and then the newest that the newest
    release lists."""
    options = request.target_options
    if options.python:
        return [options.python]
    system = get_system(request.catalog, options.system) if options.system else None
    own = (system.python if system is not None else "") or request.target.python
    listed = find_supported_pythons(request.catalog, request.target.as_of)
    return list(dict.fromkeys([own, *reversed(listed), *reversed(request.catalog.pythons)]))


def _alternatives(request: LockRequest, wanted: Wanted) -> list[list[Requirement]]:
    """The requirements that decide on the release, one list for each package that brings the
    framework; the best first."""
    catalog, family = request.catalog, _family(request)
    named = [*_system_names(request, wanted), *wanted.named]
    if Category.FRAMEWORK not in wanted.categories:
        compiler = []
        if Category.COMPILER in wanted.categories:
            compiler = [_require(name) for name in _for_family(COMPILERS, catalog, family)[:1]]
        return [[*compiler, *named]]
    asked = {requirement.name for requirement in named}
    found = []
    for package in _leaders(catalog, wanted.framework):
        if not _for_family([package.name], catalog, family):
            continue
        version = wanted.framework_version
        # Seven numbers and six: a whole version; fewer: the framework's.
        clause = ("==" + version + (".*" if version.count(".") < 4 else "")) if version else ""
        rows = [_require(package.name + clause)] if package.name not in asked else []
        if Category.COMPILER in wanted.categories:
            rows += [_require(name) for name in _for_family(COMPILERS, catalog, family)[:1]]
        found.append([*rows, *named])
    if len(found) < 2:
        return found
    return sorted(found, key=lambda rows: _reach(request, rows), reverse=True)


def _system_names(request: LockRequest, wanted: Wanted) -> list[Requirement]:
    """The runtime library and the tools, as far as the newest release has them for the family:
    one without them is not what was asked for.  A driver is not: a family may keep an older.
    """
    catalog, family = request.catalog, _family(request)
    for release in catalog.releases:
        listed = {
            member.package
            for member in (catalog.members(release.sdk) if release.listed else ())
            if family in member.instances
            and SYSTEM.get(member.package, Category.DRIVER) in wanted.categories - {Category.DRIVER}
        }
        if listed:
            needed = [_require(name) for name in SYSTEM if name in listed]
            system = get_system(catalog, request.target_options.system or "")
            if system.first_sdk_without:
                # Whatever phases are allowed: nothing later is published for that system.
                bound = f"{SDK_NAME}<{system.first_sdk_without}"
                needed.append(parse_requirement(bound, f"--os {system.name}: {system.source}"))
            return needed
    return []


def _reach(request: LockRequest, requirements: list[Requirement]) -> tuple[int, ...]:
    """The newest release that has them, nothing if none has."""
    try:
        return sdk_key(lock_request(request._replace(requirements=tuple(requirements))).sdk or "")
    except NeuronPinError:
        return ()


def _leaders(catalog: Catalog, framework: str) -> list[Package]:
    """The packages that bring a framework, those for Trainium first."""
    found = [
        package
        for package in catalog.packages.values()
        if package.role is FrameworkRole.LEADER
        and re.fullmatch(rf"{framework}[\d.]*", package.framework)
        and Ecosystem.APT not in package.systems
    ]
    return sorted(found, key=lambda package: (bool(package.replaced_by), package.name != _MAIN))


_MAIN = "torch-neuronx"


def _family(request: LockRequest) -> str:
    return request.catalog.instances[
        request.catalog.instance(request.target_options.instance or "")
    ]


def _for_family(names: Sequence[str], catalog: Catalog, family: str) -> list[str]:
    spans = catalog.spans.packages
    return [n for n in names if n in spans and family in spans[n].instances.split()]


def _require(text: str) -> Requirement:
    return parse_requirement(text, "--framework")


def _of_release(request: LockRequest, wanted: Wanted, decisive: list[Requirement]) -> TargetState:
    """Everything that is wanted, of the newest release that has what is decisive."""
    catalog, family = request.catalog, _family(request)
    found = lock_request(request._replace(requirements=tuple(decisive)))
    release = found.sdk or ""
    of_release = request._replace(sdk=parse_sdk(release, catalog))
    # What belongs together, and a driver of an older release where this one has none.
    whole = lock_request(of_release._replace(requirements=()))
    packages: dict[PackageKey, LockedPackage] = {}
    if decisive:
        leaders = {package.name for package in _leaders(catalog, wanted.framework)}
        has_bridge = any(
            m.package == BRIDGE and family in m.instances for m in catalog.members(release)
        )
        if has_bridge and any(r.name in leaders for r in decisive):
            more = (*decisive, _require(BRIDGE))
            found = lock_request(of_release._replace(requirements=more))
        packages.update((p.key, p) for p in found.packages)
    for package in whole.packages:
        if package.key.ecosystem is not Ecosystem.PIP and _is_wanted(package, wanted):
            packages.setdefault(package.key, package)
    resolution = found._replace(
        packages=tuple(packages[key] for key in sorted(packages, key=str)),
        exclusions=whole.exclusions,
        sdk=release,
    )
    names = {requirement.name for requirement in decisive}
    roots = tuple(p for p in resolution.packages_of(Ecosystem.PIP) if p.key.name in names)
    pinned = {p.key: p for p in whole.packages_of(Ecosystem.PIP) if _binds(p)}
    pinned.update((p.key, p) for p in resolution.packages_of(Ecosystem.PIP))
    constraints = tuple(pinned[key] for key in sorted(pinned, key=str)) if roots else ()
    return TargetState(resolution, roots, constraints, _efa(wanted, catalog, release))


def _is_wanted(package: LockedPackage, wanted: Wanted) -> bool:
    """Whether a system package of the release is among what is wanted."""
    name = package.key.name
    return name in wanted.moved or SYSTEM.get(name) in wanted.categories


def _binds(package: LockedPackage) -> bool:
    """Whether another member of the release constrains pip: frameworks are chosen, not implied."""
    return package.kind is ComponentKind.STANDALONE


def _efa(wanted: Wanted, catalog: Catalog, release: str) -> str:
    """The version of the EFA installer that a release names; empty for none asked for."""
    if Category.EFA not in wanted.categories:
        return ""
    versions = [m.version for m in catalog.members(release) if m.package == "efa-installer"]
    return versions[0] if versions and versions[0][:1].isdigit() else "latest"
