"""What users ask for: requirements on the command line and in files, with their origin."""

from .files import RequirementsFile, read_requirements
from .requirement import SDK_NAME, Requirement, admits, parse_all, parse_requirement

__all__ = [
    "SDK_NAME",
    "Requirement",
    "RequirementsFile",
    "admits",
    "parse_all",
    "parse_requirement",
    "read_requirements",
]
