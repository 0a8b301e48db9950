"""What users ask for: requirements on the command line and in files, with their origin.

The reader of files is imported from ``inputs.files``, where there are files.
"""

from neuron_pin.inputs.requirements.requirement import (
    SDK_NAME,
    Requirement,
    parse_all,
    parse_requirement,
)
from neuron_pin.inputs.requirements.specifier import admits, admits_python

__all__ = ["SDK_NAME", "Requirement", "admits", "admits_python", "parse_all", "parse_requirement"]
