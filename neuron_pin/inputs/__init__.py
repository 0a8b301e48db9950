"""What users ask for: requirements on the command line and in files, with their origin.

The reader of files is imported from ``inputs.files``, where there are files.
"""

from .requirement import SDK_NAME, Requirement, parse_all, parse_requirement
from .specifier import admits, admits_python

__all__ = ["SDK_NAME", "Requirement", "admits", "admits_python", "parse_all", "parse_requirement"]
