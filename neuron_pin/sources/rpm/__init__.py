"""rpm repositories and the sources of a machine: a `RepositoryKind`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neuron_pin.sources.system_package import SystemRepository


def parse_repository(text: str) -> SystemRepository:
    """The repository that ``--rpm-repo`` names; raises `WrongUsage`."""
    from .repository import parse_rpm_repository

    return parse_rpm_repository(text)


def read_machine(root: str) -> Iterable[SystemRepository]:
    """What the dnf or yum of the machine below a root knows; raises `UnreadableInput`."""
    from .repo_files import read_rpm_sources

    return read_rpm_sources(root)
