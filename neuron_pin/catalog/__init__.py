"""The facts: releases, packages, life-cycle events, systems; embedded, or newer by import."""

from .catalog import Catalog
from .choosing import find_import_day, find_unused_catalog, load_catalog, user_catalog
from .facts import (
    AvailabilityRange,
    ComponentKind,
    Correction,
    FrameworkRole,
    Member,
    OperatingSystem,
    Package,
    Place,
    Release,
    Repositories,
    VersionRange,
    Window,
    public_version,
    same_public,
    version_numbers,
)
from .facts_age import FactsAge, find_facts_age
from .names import canonicalize_name
from .support import Support
from .version_range import INFERRED, sdk_key

__all__ = [
    "INFERRED",
    "AvailabilityRange",
    "Catalog",
    "ComponentKind",
    "Correction",
    "FactsAge",
    "FrameworkRole",
    "Member",
    "OperatingSystem",
    "Package",
    "Place",
    "Release",
    "Repositories",
    "Support",
    "VersionRange",
    "Window",
    "canonicalize_name",
    "find_facts_age",
    "find_import_day",
    "find_unused_catalog",
    "load_catalog",
    "public_version",
    "same_public",
    "sdk_key",
    "user_catalog",
    "version_numbers",
]
