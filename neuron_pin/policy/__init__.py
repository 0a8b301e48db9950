"""The maintenance policy as pure code: phases, versions, pins, life-cycle, rules.

No I/O, no clock, no environment: a date comes in as ``as_of``.
"""

from .edition import CURRENT, EDITIONS, Edition, check_phase, edition_at
from .key import PackageKey
from .lifecycle import Event, EventType, PhaseFact, Subject, next_change, phase_at, standing
from .phase import DEFAULT_PHASES, Phase, SubjectKind
from .pin import Ecosystem, Pin, Reach, Strength, derive_pin, installable, parse_pin
from .rules import Page, Rule
from .support import Floor, support_floor
from .version import Form, NeuronVersion, parse_version

__all__ = [
    "CURRENT",
    "DEFAULT_PHASES",
    "EDITIONS",
    "Ecosystem",
    "Edition",
    "Event",
    "EventType",
    "Floor",
    "Form",
    "NeuronVersion",
    "PackageKey",
    "Page",
    "Phase",
    "PhaseFact",
    "Pin",
    "Reach",
    "Rule",
    "Strength",
    "Subject",
    "SubjectKind",
    "check_phase",
    "derive_pin",
    "edition_at",
    "installable",
    "next_change",
    "parse_pin",
    "parse_version",
    "phase_at",
    "standing",
    "support_floor",
]
