"""A repository of system packages: of apt or of rpm."""

from __future__ import annotations

from typing import TypeAlias

from .apt.repository import AptRepository
from .rpm.repository import RpmRepository

Repository: TypeAlias = AptRepository | RpmRepository
