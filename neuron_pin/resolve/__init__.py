"""From candidates to an answer: the policy filter, the graph, the `Resolution`.

The resolver itself is imported from ``resolve.resolver``, where something is to be solved.
"""

from .exclusion import Exclusion
from .request import NO_PREFERENCES, NewerThanFacts, Preferences, Request
from .resolution import LockedPackage, Resolution
from .support import find_support

__all__ = [
    "NO_PREFERENCES",
    "Exclusion",
    "LockedPackage",
    "NewerThanFacts",
    "Preferences",
    "Request",
    "Resolution",
    "find_support",
]
