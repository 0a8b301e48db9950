"""From candidates to an answer: the policy filter, the graph, the `Resolution`."""

from .attempt import Request
from .exclusion import Exclusion
from .offers import CatalogOffers
from .resolution import LockedPackage, Resolution
from .resolver import resolve

__all__ = ["CatalogOffers", "Exclusion", "LockedPackage", "Request", "Resolution", "resolve"]
