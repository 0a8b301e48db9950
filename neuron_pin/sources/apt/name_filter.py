"""``Include`` and ``Exclude`` of an apt source: the names that apt reads from it.

Source: sources.list(5) of apt 3.1 and later; how names are told apart was found by apt 3.3.
"""

from __future__ import annotations

import re

from neuron_pin.record import NamedTuple

OBEYS_FILTERS = "3.1.0"
"""The first apt that obeys them; those before say nothing of them."""

_NAME = r"[a-z0-9][a-z0-9+.-]+"
_OPTIONS = r"(?<=[\[\s])(include|exclude)=([^\s\]]*)"


class NameFilter(NamedTuple):
    """The names that a source is limited to, any for none, and those that it is without.

    ``has_both`` says that it states both, which the apt that obeys them does not read at all.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    has_both: bool = False

    def select(self, names: frozenset[str]) -> frozenset[str]:
        """The names that apt reads from the source: it compares whole names."""
        if self.include:
            return names & frozenset(self.include)
        return names - frozenset(self.exclude)

    @property
    def field(self) -> str:
        """The field that it is of, as sources.list(5) spells it; empty for no filter."""
        return "Include" if self.include else "Exclude" if self.exclude else ""

    @property
    def misses(self) -> tuple[str, ...]:
        """Those of its words that are no name of a package, so that apt finds none by them."""
        return tuple(w for w in self.include + self.exclude if not re.fullmatch(_NAME, w))


def make_filter(include: str | None, exclude: str | None) -> NameFilter:
    """The filter of two values as they are written, none for a field that is not there.

    apt separates names by spaces and commas alone: the end of a line, or a tab, becomes part of a
    name.
    """
    has_both = include is not None and exclude is not None
    return NameFilter(_split(include or ""), _split(exclude or ""), has_both)


def parse_filter(options: str) -> NameFilter:
    """The filter among the options in brackets of a source's line; of one option the last
    counts, and small letters alone do."""
    found = dict(re.findall(_OPTIONS, options))
    return make_filter(found.get("include"), found.get("exclude"))


def _split(value: str) -> tuple[str, ...]:
    return tuple(word for word in re.split("[ ,]+", value.strip()) if word.strip())
