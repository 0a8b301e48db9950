"""Packages of a transaction of dnf 4 or dnf 5, and what its kernels mean for the driver."""

from . import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .state import State
    from .verdict import Refusal

DEVEL = ("kernel-devel",)
IMAGES = ("kernel", "kernel-core")


class RpmPackage:
    """A package, without its architecture; ``epoch`` is ``0`` for none."""

    __slots__ = ("epoch", "name", "release", "version")

    def __init__(self, name: str, epoch: str, version: str, release: str) -> None:
        self.name = name
        self.epoch = epoch
        self.version = version
        self.release = release

    @property
    def evr(self) -> str:
        """Version and release, with the epoch where there is one."""
        epoch = "" if self.epoch in ("", "0") else self.epoch + ":"
        return epoch + self.version + "-" + self.release


def is_kernel(name: str, wanted: "tuple[str, ...]") -> bool:
    """Whether a package is one of these of some kernel: Amazon Linux has ``kernel6.12`` and
    ``kernel6.12-devel`` beside ``kernel``."""
    head, dash, tail = name.partition("-")
    if head != "kernel" and not head[6:7].isdigit():
        return False
    return "kernel" + dash + tail in wanted


def kernel_refusals(
    held: "State",
    kernels: "Iterable[RpmPackage]",
    installed: "Iterable[RpmPackage]",
    driver: str,
) -> "list[Refusal]":
    """What is refused of new kernels: of the packages that contain an image.  ``installed`` is
    what is there before the transaction, ``driver`` the driver's version after it."""
    before, coming = list(installed), list(kernels)
    present = [p.version for p in before if is_kernel(p.name, IMAGES)]
    every = before + coming
    headers = {p.version + "-" + p.release for p in every if is_kernel(p.name, DEVEL)}
    builds = any(is_kernel(p.name, DEVEL) for p in before)
    rows = []
    has = {}
    for package in coming:
        if is_kernel(package.name, IMAGES):
            release = package.version + "-" + package.release
            rows.append((verdict.Change(package.name, "", release), release))
            if builds:
                has[release] = release in headers
    found = verdict.judge_kernels(held, rows, driver, has, present)
    for refusal in found:
        if refusal.rule == "NP112":
            change = refusal.change
            devel = change.name.partition("-")[0] + "-devel-" + change.new
            refusal.words = (change.name + "-" + change.new, devel)
    return found


def judge_transaction(
    held: "State",
    coming: "Iterable[RpmPackage]",
    going: "Iterable[RpmPackage]",
    installed: "Iterable[RpmPackage]",
    today: str,
) -> "verdict.Verdict":
    """Judge what comes, with the versions that go for it; ``today`` is an ISO date."""
    arriving, present = list(coming), list(installed)
    old = {package.name: package.evr for package in going}
    changes = [
        verdict.Change(package.name, old.get(package.name, ""), package.evr)
        for package in arriving
        if held.is_neuron(package.name)
    ]
    versions = {p.name: p.evr for p in present if held.is_neuron(p.name)}
    found = verdict.judge(held, changes, versions, today)
    driver = versions.get(verdict.DRIVER, "")
    for change in changes:
        if change.name == verdict.DRIVER:
            driver = change.new
    kernels = [package for package in arriving if package.name.startswith("kernel")]
    found.refusals += kernel_refusals(held, kernels, present, driver)
    return found
