"""The commands: which module each is, and its line in ``neuron-pin --help``.

A command's module defines ``add_arguments(parser)`` and ``run(options, console)``.  Only the
module of the command that is asked for is imported, so this table is all that ``--help`` knows.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """One command: a module of this package, and what it does in one line."""

    module: str
    summary: str


COMMANDS = {
    "lock": Command("lock", "resolve once, write what pip, uv and apt obey"),
    "explain": Command(
        "explain", "every version of a package: chosen, or put aside by which rule and why"
    ),
    "check": Command("check", "files and environments held against the policy"),
    "verify": Command("verify", "whether a lock is right, from the lock and the indexes alone"),
    "why": Command("why", "the chains of requirements that brought a package into a lock"),
    "plan": Command("plan", "the ordered commands from here to there, and the way back"),
    "diff": Command(
        "diff", "what lies between two releases, locks, constraints files or environments"
    ),
    "lifecycle": Command("lifecycle", "phases and dates of anything that has a life-cycle"),
    "hook": Command(
        "hook",
        "pre-install hooks that hold apt, dnf, pip and uv to a lock: install, status, remove",
    ),
    "serve": Command("serve", "a package index that serves only what the policy allows"),
    "exec": Command("exec", "run one command under a lock: exec -- pip install …"),
    "releases": Command("releases", "the SDK releases, or what one of them holds"),
    "catalog": Command(
        "catalog", "the embedded facts: show, hold against the policy, import newer ones"
    ),
    "policy": Command("policy", "the rules, or one rule's page"),
    "doctor": Command(
        "doctor", "the health of this machine's repositories: source, key, lists, preferences"
    ),
    "cache": Command("cache", "what is kept of indexes: where, how much; prune or clear it"),
}
"""By name, in the order in which ``--help`` lists them."""
