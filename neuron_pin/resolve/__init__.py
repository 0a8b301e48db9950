"""From candidates to an answer: the policy filter, the graph, the `Resolution`."""

from .attempt import NO_PREFERENCES, Preferences, Request
from .exclusion import Exclusion
from .offers import CatalogOffers
from .resolution import LockedPackage, Resolution
from .resolver import resolve

__all__ = [
    "NO_PREFERENCES",
    "CatalogOffers",
    "Exclusion",
    "LockedPackage",
    "Preferences",
    "Request",
    "Resolution",
    "resolve",
]
