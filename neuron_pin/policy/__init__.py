"""The maintenance policy as pure code: phases, versions, pins, life-cycle, rules.

No I/O, no clock, no environment: a date comes in as ``as_of``.
"""

from .edition import CURRENT, EDITIONS, PolicyEdition, check_phase, edition_at
from .key import PackageKey
from .lifecycle import (
    WORKLOADS,
    Event,
    EventType,
    PhaseFact,
    Subject,
    events_in_force,
    list_coming,
    next_change,
    phase_at,
)
from .phase import DEFAULT_PHASES, UNKNOWN_PHASE, Phase, SubjectKind
from .pin import Ecosystem, Pin, PinComparison, PinPrecision, derive_pin, installable, parse_pin
from .rules import Rule
from .support import SupportFloor, support_floor
from .version import Form, NeuronVersion, parse_version, split_version

__all__ = [
    "CURRENT",
    "DEFAULT_PHASES",
    "EDITIONS",
    "UNKNOWN_PHASE",
    "WORKLOADS",
    "Ecosystem",
    "Event",
    "EventType",
    "Form",
    "NeuronVersion",
    "PackageKey",
    "Phase",
    "PhaseFact",
    "Pin",
    "PinComparison",
    "PinPrecision",
    "PolicyEdition",
    "Rule",
    "Subject",
    "SubjectKind",
    "SupportFloor",
    "check_phase",
    "derive_pin",
    "edition_at",
    "events_in_force",
    "installable",
    "list_coming",
    "next_change",
    "parse_pin",
    "parse_version",
    "phase_at",
    "split_version",
    "support_floor",
]
