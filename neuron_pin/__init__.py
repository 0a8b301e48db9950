"""neuron-pin: carries out AWS Neuron's software maintenance policy for pip, apt and rpm.

The names of ``__all__`` are the public interface, described in ``docs/reference/api.md``.  Each is
imported when it is first used (PEP 562), so that importing the package costs nothing.
"""

__version__ = "0.1.0"

# Not of typing, which the command line need not import to say its version.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import errors
    from .api import (
        check,
        diff,
        explain,
        explain_pair,
        lifecycle,
        lock,
        outdated,
        plan,
        why,
    )
    from .api.arguments import SourceOptions, Target
    from .api.resolution import Resolution
    from .audit import Finding, Severity
    from .catalog import Catalog, load_catalog
    from .catalog.status import Status
    from .errors import (
        BrokenCatalog,
        CannotWrite,
        InvalidPin,
        InvalidVersion,
        LaterFormat,
        NeuronPinError,
        NoSolution,
        SourceFailed,
        UnknownName,
        Unreachable,
        UnreadableInput,
        WrongUsage,
    )
    from .operations.check import CheckedInput
    from .operations.diff import Comparison, Difference
    from .operations.explain import Explanation, PairExplanation, PairVerdict
    from .operations.outdated import Outdated, PackageAge
    from .planner import Plan, Step
    from .reporter import Reporter
    from .resolve import Exclusion, LockedPackage
    from .resolve.explain import Verdict

__all__ = [
    "BrokenCatalog",
    "CannotWrite",
    "Catalog",
    "CheckedInput",
    "Comparison",
    "Difference",
    "Exclusion",
    "Explanation",
    "Finding",
    "InvalidPin",
    "InvalidVersion",
    "LaterFormat",
    "LockedPackage",
    "NeuronPinError",
    "NoSolution",
    "Outdated",
    "PackageAge",
    "PairExplanation",
    "PairVerdict",
    "Plan",
    "Reporter",
    "Resolution",
    "Severity",
    "SourceFailed",
    "SourceOptions",
    "Status",
    "Step",
    "Target",
    "UnknownName",
    "Unreachable",
    "UnreadableInput",
    "Verdict",
    "WrongUsage",
    "__version__",
    "check",
    "diff",
    "errors",
    "explain",
    "explain_pair",
    "lifecycle",
    "load_catalog",
    "lock",
    "outdated",
    "plan",
    "why",
]

_MODULES = {
    "api": (
        "Resolution",
        "check",
        "diff",
        "explain",
        "explain_pair",
        "lifecycle",
        "lock",
        "outdated",
        "plan",
        "why",
    ),
    "api.arguments": ("SourceOptions", "Target"),
    "audit": ("Finding", "Severity"),
    "catalog": ("Catalog", "load_catalog"),
    "catalog.status": ("Status",),
    "errors": (
        "BrokenCatalog",
        "CannotWrite",
        "InvalidPin",
        "InvalidVersion",
        "LaterFormat",
        "NeuronPinError",
        "NoSolution",
        "SourceFailed",
        "UnknownName",
        "Unreachable",
        "UnreadableInput",
        "WrongUsage",
    ),
    "operations.check": ("CheckedInput",),
    "operations.diff": ("Comparison", "Difference"),
    "operations.explain": ("Explanation", "PairExplanation", "PairVerdict"),
    "operations.outdated": ("Outdated", "PackageAge"),
    "planner": ("Plan", "Step"),
    "reporter": ("Reporter",),
    "resolve": ("Exclusion", "LockedPackage"),
    "resolve.explain": ("Verdict",),
}
"""Where each public name is."""

# A type checker reads the imports above, and should complain of any other name.
if not TYPE_CHECKING:

    def __getattr__(name):
        from importlib import import_module

        if name == "errors":
            return import_module("neuron_pin.errors")
        for module, names in _MODULES.items():
            if name in names:
                found = getattr(import_module(f"neuron_pin.{module}"), name)
                globals()[name] = found
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
