"""What goes wrong with a feed, and the facts that are used all the while."""

from __future__ import annotations

from datetime import date

from neuron_pin.errors import SourceFailed
from neuron_pin.record import NamedTuple


class FactsOf(NamedTuple):
    """What facts are of: the newest release, the day of its manifest, and the day up to which
    announcements are known."""

    version: str
    day: date
    announced: date

    def __str__(self) -> str:
        return f"SDK {self.version}, announcements up to {self.announced}"

    def as_document(self) -> dict[str, str]:
        """Plain values for JSON."""
        return {
            "version": self.version,
            "date": self.day.isoformat(),
            "announcements": self.announced.isoformat(),
        }


class FeedFailed(SourceFailed):
    """A feed of which nothing was taken; ``in_use`` are the facts that are used as before."""

    def __init__(self, url: str, problem: str, in_use: FactsOf, *, hint: str = "") -> None:
        self.in_use = in_use
        kept = f"nothing was changed; the known facts are still those of {in_use}"
        super().__init__(url, problem, hint=f"{hint}; {kept}" if hint else kept)


class OlderFeed(FeedFailed):
    """A feed whose facts are older than those in use."""
