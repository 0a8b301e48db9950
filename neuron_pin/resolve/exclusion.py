"""Why a candidate was excluded, as a value."""

from __future__ import annotations

from neuron_pin.policy import PackageKey, Rule
from neuron_pin.record import NamedTuple

_REACHED_BY_EXACT_PIN = (
    Rule.END_OF_SUPPORT,
    Rule.PRE_RELEASE,
    Rule.YANKED,
    Rule.OLDER_REVISION,
    Rule.NEW_MAJOR,
)


class Exclusion(NamedTuple):
    """One candidate excluded: by which rule, for what reason, on what source's word.

    ``source`` names the announcement, release or index.
    """

    key: PackageKey
    version: str
    rule: Rule
    reason: str
    source: str

    @property
    def can_be_asked_for(self) -> bool:
        """Whether an exact pin reaches the candidate anyway."""
        return self.rule in _REACHED_BY_EXACT_PIN
