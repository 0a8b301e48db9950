"""The way from what is installed to what a policy allows: ordered steps, and the way back.

`destination` finds what is to be installed, `hops` the releases on the way, `system` and
`environment` make steps of it, `planning` puts them together.
"""

from .step import Part, Plan, Step, WrittenFile

__all__ = ["Part", "Plan", "Step", "WrittenFile"]
