"""The facts: releases, packages, life-cycle events, systems; embedded, or newer by import."""

from .catalog import Catalog, load_catalog, normalized, sdk_key, user_catalog
from .facts import (
    ComponentKind,
    Correction,
    FrameworkRole,
    Member,
    OperatingSystem,
    Package,
    Release,
    Repositories,
    Window,
)

__all__ = [
    "Catalog",
    "ComponentKind",
    "Correction",
    "FrameworkRole",
    "Member",
    "OperatingSystem",
    "Package",
    "Release",
    "Repositories",
    "Window",
    "load_catalog",
    "normalized",
    "sdk_key",
    "user_catalog",
]
