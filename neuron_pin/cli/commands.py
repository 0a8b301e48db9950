"""The commands: which module each is, and its line in ``neuron-pin --help``.

A command's module defines ``add_arguments(parser)`` and ``run(options, console)``.  Only the
module of the command that is asked for is imported, so this table is all that ``--help`` knows.
"""

from __future__ import annotations

COMMANDS = {
    "lock": ("lock", "resolve once, write what pip, uv and apt obey"),
    "explain": (
        "explain",
        "every version of a package: chosen, or excluded by which rule and why",
    ),
    "check": ("check", "files and environments held against the policy"),
    "verify": ("verify", "whether a lock is right, from the lock and the indexes alone"),
    "why": ("why", "the chains of requirements that brought a package into a lock"),
    "plan": ("plan", "the ordered commands from here to there, and the way back"),
    "diff": ("diff", "what lies between two releases, locks, constraints files or environments"),
    "lifecycle": ("lifecycle", "phases and dates of anything that has a life-cycle"),
    "hook": (
        "hook",
        "pre-install hooks that hold apt, dnf, pip and uv to a lock: install, status, remove",
    ),
    "serve": ("serve", "a package index that serves only what the policy allows"),
    "exec": ("exec", "run one command under a lock: exec -- pip install …"),
    "releases": ("releases", "the SDK releases, or what one of them holds"),
    "catalog": ("catalog", "the embedded facts: show, hold against the policy, import newer ones"),
    "policy": ("policy", "the rules, or one rule's page"),
    "doctor": (
        "doctor",
        "the health of this machine's repositories: source, key, lists, preferences",
    ),
    "cache": ("cache", "what is kept of indexes: where, how much; prune or clear it"),
}
"""Each with its module in this package and its line, in the order in which ``--help`` lists them;
plain tuples, since the first named one costs as much as an import."""
