"""The maintenance policy as pure code: phases, versions, pins, life-cycle, rules.

No I/O, no clock, no environment: a date comes in as ``as_of``.
"""

from .key import PackageKey
from .lifecycle import Event, PhaseFact, phase_at
from .phase import DEFAULT_PHASES, PHASES_OF, Phase, SubjectKind, check_phase
from .pin import Ecosystem, Pin, Reach, Strength, derive_pin, parse_pin
from .rules import Page, Rule
from .version import Form, NeuronVersion, parse_version

__all__ = [
    "DEFAULT_PHASES",
    "PHASES_OF",
    "Ecosystem",
    "Event",
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
    "SubjectKind",
    "check_phase",
    "derive_pin",
    "parse_pin",
    "parse_version",
    "phase_at",
]
