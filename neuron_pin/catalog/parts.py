"""What is known of releases that are newer than the release manifest (``parts.json``)."""

from __future__ import annotations

from neuron_pin.record import NamedTuple

from .files import Fields


class KnownPart(NamedTuple):
    """One version that a release known in part ships, by at least two public pages that agree.

    ``instances`` are the families for which the release's own list was published: of others
    nothing is known, not even that it ships nothing for them.
    """

    sdk: str
    package: str
    version: str
    instances: frozenset[str]
    sources: tuple[str, ...]

    @property
    def source(self) -> str:
        """The pages, for a reason."""
        return "; ".join(self.sources)


def read_part(fields: Fields) -> KnownPart:
    return KnownPart(
        sdk=fields.text("sdk"),
        package=fields.text("package"),
        version=fields.text("version"),
        instances=frozenset(fields.words("instances")),
        sources=fields.words("sources"),
    )
