"""How old the known facts are on a day, and what is said of it: decided here and nowhere else.

A catalog states what was public up to its day.  What came later it does not know, so that after
`MAX_AGE` days nobody should take its answer for today's.
"""

from __future__ import annotations

from datetime import date

from neuron_pin.policy.edition import edition_at
from neuron_pin.record import NamedTuple

MAX_AGE = 30
"""Days after which every command that judges says how old its facts are.  The vendor announces
an end of support at least a month ahead: facts of that age may lack one that has come."""

REPOSITORY = "https://github.com/aws-neuron/aws-neuron-sdk"
MANIFEST = "src/helperscripts/n2-manifest.json"
ANNOUNCEMENTS = "about-neuron/announcements"
NOTES = ("about-neuron/whats-new.rst", "release-notes", "neuron-runtime/compatibility.rst")
PUBLISHED = (MANIFEST, ANNOUNCEMENTS, *NOTES)
"""Where newer facts are published, and the paths in that repository."""


class FactsAge(NamedTuple):
    """How old facts are: ``until`` is the last day that they speak of, ``days`` how many days
    before the day asked about, ``day``, that is, 0 where it is not before."""

    until: date
    days: int
    day: date

    @property
    def is_old(self) -> bool:
        """Whether a command that judges has to say so."""
        return self.days > MAX_AGE

    @property
    def warning(self) -> str:
        """One sentence for people, which does not change from day to day; empty unless old."""
        return self._sentence("") if self.is_old else ""

    @property
    def warning_today(self) -> str:
        """The same with the number of days."""
        return self._sentence(f", {self.days} days ago") if self.is_old else ""

    def _sentence(self, ago: str) -> str:
        return (
            f"the catalog data end on {self.until}{ago}: later releases and announcements "
            "are missing or known in part"
        )

    def as_document(self) -> dict[str, object]:
        """The field ``facts`` of JSON documents."""
        return {"until": self.until.isoformat(), "age_days": self.days, "is_old": self.is_old}

    def as_judged(self) -> dict[str, object]:
        """The fields ``facts`` and ``policy`` of JSON documents that judge: the facts, and the
        edition of the policy of the day asked about."""
        return {"facts": self.as_document(), "policy": edition_at(self.day).as_document()}


def find_facts_age(facts_of: date, day: date) -> FactsAge:
    """The age of facts that end on a day, seen from another: today, or that of ``--as-of``."""
    return FactsAge(facts_of, max((day - facts_of).days, 0), day)


def describe_update() -> str:
    """The commands of `list_update_commands` in a line, for a hint."""
    return f"for newer data: {' && '.join(list_update_commands())}"


def list_update_commands() -> tuple[str, ...]:
    """The commands that fetch what is published and use it, to be pasted one by one; first the
    one that installs what reads announcements, where this Python lacks it."""
    from importlib.util import find_spec

    from neuron_pin.extras import install_command

    lacking = find_spec("docutils") is None
    return (
        *((install_command("announcements"),) if lacking else ()),
        "neuron-pin catalog update",
    )
