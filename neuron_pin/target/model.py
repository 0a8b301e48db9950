"""What is installed onto: instance family, operating system, Python, platform, date, phases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from neuron_pin.catalog import Catalog, OperatingSystem, Place
from neuron_pin.catalog.newness import Standing, get_system, judge_python
from neuron_pin.errors import WrongUsage
from neuron_pin.policy import DEFAULT_PHASES, Ecosystem, Phase
from neuron_pin.record import Enum, NamedTuple

from .tags import MACHINE, expand_platforms, find_machine, platform_tags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .detection import Detected

DEFAULT_GLIBC = "2.28"
"""The C library assumed where no operating system is named: the manylinux floor that most
wheels are built for today."""


class Scope(Enum):
    """Which side of a container's wall is installed."""

    HOST = "host"
    CONTAINER = "container"
    BOTH = "both"

    def has(self, place: Place) -> bool:
        """Whether a package that is installed at that place is among what it asks for."""
        if self is Scope.BOTH:
            return True
        return place.is_of_host if self is Scope.HOST else place.is_of_container


class Target(NamedTuple):
    """A place to install onto; none where the user left a part open.  The Python may be unknown,
    and empty, where something is checked, never where something is chosen.

    ``family`` is the instance family under which releases list ``instance`` (``trn1`` for
    ``trn1n``).  ``python`` is ``3.12``, ``python_full`` ``3.12.3``: the first of the series,
    ``3.12.0``, where the patch is open.  ``platforms`` are wheel platform tags, best first.
    ``driver`` is the version of the driver that the host has and keeps, ``kernel`` the one
    that runs there (``6.8.0-1015-aws``); both are empty for open.  ``support_until`` is the
    day up to which support must be guaranteed, none where nothing is asked.
    ``python_is_newer`` says that the facts know no Python as new.
    """

    instance: str | None
    family: str | None
    os: OperatingSystem | None
    python: str
    python_full: str
    platforms: tuple[str, ...]
    scope: Scope
    as_of: date
    phases: frozenset[Phase]
    driver: str = ""
    kernel: str = ""
    support_until: date | None = None
    python_is_newer: bool = False

    @property
    def listed_python(self) -> str | None:
        """The Python by which releases list packages for it; none where it is not known, or newer
        than the facts, so that no release could list it."""
        return None if self.python_is_newer else self.python or None

    @property
    def system(self) -> Ecosystem:
        """The ecosystem of system packages; apt where no operating system is named."""
        return self.os.ecosystem if self.os else Ecosystem.APT

    @property
    def machine(self) -> str:
        """The machine, as ``uname -m`` names it."""
        return find_machine(self.platforms)

    def list_options(self) -> list[str]:
        """The words of a command line that name instance, operating system, Python, and the
        platform where it is not the system's own."""
        words = ["--instance", self.instance] if self.instance else []
        words += ["--os", self.os.name] if self.os is not None else []
        words += ["--python", self.python] if self.python else []
        return [*words, *self._list_platforms()]

    def _list_platforms(self) -> list[str]:
        if self.platforms == platform_tags(self.os.glibc if self.os else DEFAULT_GLIBC):
            return []
        words: list[str] = []
        covered: set[str] = set()
        for tag in self.platforms:
            if tag not in covered:
                words += ["--platform", tag]
                covered.update(expand_platforms([tag]))
        return words

    @property
    def label(self) -> str:
        """One line for people: ``trn2, ubuntu24.04, Python 3.12``."""
        parts = [self.instance or "any instance", self.os.name if self.os else "any Linux"]
        parts.append(f"Python {self.python}" if self.python else "any Python")
        if self.machine != MACHINE:
            parts.append(self.machine)
        if self.scope is not Scope.BOTH:
            parts.append(self.scope.value)
        if self.driver:
            parts.append(f"driver {self.driver}")
        if self.kernel:
            parts.append(f"kernel {self.kernel}")
        return ", ".join(parts)

    def as_options(self) -> list[str]:
        """The options of the command line that name this target, and its day."""
        words = {"--instance": self.instance, "--os": self.os.name if self.os else None}
        words |= {"--python": self.python or None, "--as-of": self.as_of.isoformat()}
        options = [word for pair in words.items() if pair[1] is not None for word in pair if word]
        options += self._list_platforms()
        for phase in sorted(self.phases - DEFAULT_PHASES):
            options += ["--phase", phase.label]
        return options


def check_python(version: str) -> None:
    """Raise `WrongUsage` for a text that is not a version of Python 3."""
    if not re.fullmatch(r"3\.\d{1,2}(\.\d{1,3})?", version, re.ASCII):
        raise WrongUsage(f"{version!r} is not a Python version", hint="write it as 3.12 or 3.12.3")


def make_target(
    catalog: Catalog,
    *,
    instance: str | None,
    system: str | None,
    python: str | None,
    platforms: Sequence[str] = (),
    scope: str = "both",
    as_of: date,
    phases: Sequence[str] = (),
    this_python: str,
    driver: str = "",
    kernel: str = "",
    support_until: date | None = None,
) -> Target:
    """A target from what the user said; raises `UnknownName` or `WrongUsage`.

    Python is the given one, else the operating system's, else, or where that is newer than the
    facts, ``this_python``, that of the running interpreter, as pip and uv have it; unknown where
    that is empty too.
    """
    chosen = get_system(catalog, system) if system else None
    version = python or (chosen.python if chosen else "") or this_python
    if version and version not in catalog.pythons:
        check_python(version)
    name = catalog.instance(instance) if instance else None
    series = ".".join(version.split(".")[:2])
    allowed = frozenset(Phase.parse(phase) for phase in phases)
    return Target(
        instance=name,
        family=catalog.instances[name] if name else None,
        os=chosen,
        python=series,
        python_full=version if version != series or not series else f"{series}.0",
        platforms=expand_platforms(platforms)
        or platform_tags(chosen.glibc if chosen else DEFAULT_GLIBC),
        scope=Scope(scope),
        as_of=as_of,
        phases=DEFAULT_PHASES | allowed,
        driver=_driver(driver),
        kernel=_kernel(kernel),
        support_until=support_until,
        python_is_newer=judge_python(catalog, series) is Standing.NEWER,
    )


class TargetOptions(NamedTuple):
    """What is said of a target, open where nothing is said; names are as the user wrote them.

    ``machine`` is what was found out about the machine that fills in what is open
    (``--target auto``), none to leave it open.
    """

    instance: str | None
    system: str | None
    python: str | None
    platforms: tuple[str, ...]
    scope: str
    as_of: date
    phases: tuple[str, ...]
    this_python: str
    driver: str
    kernel: str
    support_until: date | None
    machine: Detected | None = None

    def fill_in(
        self,
        instance: str | None = None,
        system: str | None = None,
        python: str | None = None,
        kernel: str = "",
    ) -> TargetOptions:
        """The options with what is open in them as it was found elsewhere."""
        return self._replace(
            instance=self.instance or instance or None,
            system=self.system or system or None,
            python=self.python or python or None,
            kernel=self.kernel or kernel,
        )

    def make(self, catalog: Catalog) -> Target:
        """The target; raises `UnknownName` or `WrongUsage`."""
        values = self._asdict()
        machine: Detected | None = values.pop("machine")
        if machine is not None:
            values["instance"] = self.instance or machine.instance or None
            values["system"] = self.system or machine.os or None
            values["python"] = self.python or machine.python
            if self.scope == Scope.CONTAINER.value:
                # A container runs on whatever driver its host has loaded.
                values["driver"] = self.driver or machine.driver
            values["kernel"] = self.kernel or machine.kernel
            if not values["instance"]:
                raise WrongUsage(
                    "this machine is not an Inferentia or Trainium instance, or does not say so",
                    hint="name the instance family with --instance",
                )
        return make_target(catalog, **values)


def _driver(text: str) -> str:
    if text and not re.fullmatch(r"\d{1,4}(\.\d{1,6}){1,3}", text):
        raise WrongUsage(
            f"--with-driver: {text!r} is not a driver version", hint="write it as 2.26.5.0"
        )
    return text


def _kernel(text: str) -> str:
    if text and not re.fullmatch(r"\d{1,3}\.\d{1,3}[\w.+~-]{0,80}", text):
        raise WrongUsage(
            f"--with-kernel: {text!r} is not a kernel version",
            hint="write it as uname -r does: 6.8.0-1015",
        )
    return text


def parse_day(text: str, option: str = "--as-of") -> date:
    """An ISO date that an option gives; raises `WrongUsage`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(
            f"{option}: {text!r} is not a date", hint="write it as 2026-08-17"
        ) from None
