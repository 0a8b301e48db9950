"""From what is installed to what the policy allows: ordered steps, and how to roll back.

`destination` finds what to install, `hops` the releases on the way, `losses` what the new
release lacks; `lock_steps`, `system` and `environment` make the steps, `planning` joins them.
"""

from .step import Part, Plan, Step, WrittenFile

__all__ = ["Part", "Plan", "Step", "WrittenFile"]
