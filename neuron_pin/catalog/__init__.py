"""The facts: releases, packages, life-cycle events, systems; embedded, or newer by import."""

from .catalog import Catalog, load_catalog, normalized, passed_over, sdk_key, user_catalog
from .facts import (
    ComponentKind,
    Correction,
    FrameworkRole,
    Life,
    Member,
    OperatingSystem,
    Package,
    Release,
    Repositories,
    Span,
    Window,
    public_version,
    same_public,
    version_numbers,
)
from .support import Support

__all__ = [
    "Catalog",
    "ComponentKind",
    "Correction",
    "FrameworkRole",
    "Life",
    "Member",
    "OperatingSystem",
    "Package",
    "Release",
    "Repositories",
    "Span",
    "Support",
    "Window",
    "load_catalog",
    "normalized",
    "passed_over",
    "public_version",
    "same_public",
    "sdk_key",
    "user_catalog",
    "version_numbers",
]
