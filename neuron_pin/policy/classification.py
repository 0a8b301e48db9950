"""What a phase says of testing, features, performance, interfaces and accuracy.

Source: maintenance policy, "Neuron Software Classification"; its tables as data.
"""

from __future__ import annotations

from neuron_pin.record import NamedTuple

from .edition import PolicyEdition
from .phase import Phase, SubjectKind


class Classification(NamedTuple):
    """One table: the kinds it is for, its columns, and what they say of each phase.

    An empty cell is empty in the policy.
    """

    title: str
    kinds: tuple[SubjectKind, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[Phase, tuple[str, ...]], ...]
    note: str = ""

    def of(self, phase: Phase) -> dict[str, str] | None:
        """What the table says of a phase, by column; none where it has no such row."""
        for known, cells in self.rows:
            if known is phase:
                return dict(zip(self.columns, cells, strict=True))
        return None


_MVP = "an MVP has just enough to be usable by early customers who can give feedback"

CLASSIFICATIONS = (
    Classification(
        "Neuron SDK and components",
        (SubjectKind.SDK, SubjectKind.COMPONENT, SubjectKind.FRAMEWORK),
        ("testing", "features", "performance"),
        (
            (Phase.BETA, ("basic", "minimal viable product", "")),
            (Phase.RC, ("basic", "minimal viable product", "tested")),
            (
                Phase.STABLE,
                ("standard product testing", "incremental additions or changes", "tested"),
            ),
        ),
        _MVP,
    ),
    Classification(
        "Neuron APIs",
        (SubjectKind.API,),
        ("contract", "backward compatible"),
        (
            (Phase.ALPHA, ("unstable and undocumented", "no")),
            (Phase.BETA, ("major changes may happen", "no")),
            (Phase.STABLE, ("incremental changes that keep the contract", "yes")),
        ),
        "in certain cases a stable API may be broken, with notice ahead of time",
    ),
    Classification(
        "Neuron features",
        (SubjectKind.FEATURE,),
        ("testing", "functionality", "performance"),
        (
            (
                Phase.ALPHA,
                ("no formal testing", "partial, far from an MVP", "not tested or evaluated"),
            ),
            (Phase.BETA, ("basic", "minimum viable product", "")),
            (
                Phase.STABLE,
                ("standard product testing", "incremental additions or changes", "tested"),
            ),
        ),
        _MVP,
    ),
    Classification(
        "Neuron model classes",
        (SubjectKind.MODEL_CLASS,),
        ("accuracy or convergence", "throughput and latency"),
        (
            (Phase.BETA, ("validated", "tested")),
            (Phase.STABLE, ("validated", "tested")),
        ),
    ),
)
"""Every table of the policy in its edition of today."""


def list_classifications(edition: PolicyEdition) -> tuple[Classification, ...]:
    """The tables of an edition of the policy: those before April 2025 have no Alpha, that of
    2022 has no such tables at all."""
    found = []
    for table in CLASSIFICATIONS:
        phases = [edition.phases_of.get(kind, frozenset()) for kind in table.kinds]
        rows = tuple(row for row in table.rows if edition.has_minimum and row[0] in phases[0])
        if rows:
            found.append(table._replace(rows=rows))
    return tuple(found)
