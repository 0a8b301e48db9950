"""What a run is told of its sources: where candidates come from, and how that is reached."""

from __future__ import annotations

from neuron_pin.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuron_pin.sources.system_package import SystemRepository


class IndexLocations(NamedTuple):
    """The simple indexes that the user named, as written; the addresses are checked by
    `read_indexes`.

    ``index_url`` takes PyPI's place, ``neuron_index_url`` that of Neuron's index; none for
    them.  ``pinned`` are pairs ``NAME=URL``, ``trusted_hosts`` those that may be asked over
    an open connection.
    """

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    neuron_index_url: str | None = None
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    pinned: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()

    def as_options(self) -> list[str]:
        """The words of a command line that name the same indexes; addresses as written, with the
        passwords in them."""
        found = ["--no-index"] if self.no_index else []
        for option, values in (
            ("--index-url", [self.index_url] if self.index_url else []),
            ("--extra-index-url", self.extra_index_urls),
            ("--neuron-index-url", [self.neuron_index_url] if self.neuron_index_url else []),
            ("--find-links", self.find_links),
            ("--index", self.pinned),
            ("--trusted-host", self.trusted_hosts),
        ):
            for value in values:
                found += [option, value]
        return found


class SourceLocations(NamedTuple):
    """Where candidates come from.  What is equal in it has equal candidates.

    ``is_named`` says that the user named an index or a repository (one of a machine may turn
    out to be none); else the catalog answers offline.  ``build`` are the packages, by
    normalized name, whose source distributions may be built.
    """

    indexes: IndexLocations
    repositories: tuple[SystemRepository, ...] = ()
    build: frozenset[str] = frozenset()
    is_named: bool = False


class Network(NamedTuple):
    """How sources are reached, which decides nothing about what they have.

    ``cert`` and ``client_cert`` are paths (PEM), ``proxy`` is an address; none for what the
    environment says.  ``patience`` are the seconds until an answer has to begin, none for the
    usual ones.
    """

    cache_folder: str
    offline: bool = False
    refresh: bool = False
    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    patience: float | None = None
