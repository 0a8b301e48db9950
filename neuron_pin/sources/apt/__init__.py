"""apt repositories and the sources of a machine: a `RepositoryKind`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neuron_pin.sources.system_package import SystemRepository


def parse_repository(text: str) -> SystemRepository:
    """The repository that ``--apt-repo`` names; raises `WrongUsage`."""
    from . import repository

    found = repository.parse_repository(text)
    if found.filter.has_both:
        from neuron_pin.errors import WrongUsage

        raise WrongUsage("--apt-repo: apt reads no source with both include and exclude")
    return found


def read_machine(root: str) -> Iterable[SystemRepository]:
    """What the apt of the machine below a root knows; raises `UnreadableInput`."""
    from .sources_list import read_apt_sources

    return [source.repository for source in read_apt_sources(root)]
