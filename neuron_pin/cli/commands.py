"""The commands: which module each is, and its line in ``neuron-pin --help``.

A command's module defines ``add_arguments(parser, common)`` and ``run(options, console)``.  Only
the module of the command that is asked for is imported, so this table is all that ``--help`` knows.
"""

from __future__ import annotations

COMMANDS = {
    "lock": ("lock", "choose versions once, and write them for pip, uv, apt and dnf"),
    "outdated": ("outdated", "show what is newer, in which release, and what ends when"),
    "upcoming": ("upcoming", "show what ends or changes when, and what to do by then"),
    "explain": ("explain", "show every version, and why it was chosen or excluded"),
    "check": ("check", "check files, environments, machines and images against the policy"),
    "verify": ("verify", "check that a lock is right, from the lock and the indexes alone"),
    "why": ("why", "show which requirements brought a package into a lock"),
    "plan": ("plan", "print the commands to install or upgrade, and to roll back"),
    "diff": ("diff", "compare two releases, locks, constraints files or environments"),
    "explain-error": ("explain_error", "show what an error message means, and what to do next"),
    "lifecycle": ("lifecycle", "show what is supported, since when and until when"),
    "hook": ("hook", "make apt, dnf, pip and uv enforce a lock"),
    "serve": ("serve", "serve a package index that offers only what the policy allows"),
    "exec": ("exec", "run one command under a lock"),
    "fleet": ("fleet", "show what many hosts are, run and can take, from their facts"),
    "releases": ("releases", "list the SDK releases, or show what is in one"),
    "image": ("image", "show what is in an image, and what a newer one changes"),
    "catalog": ("catalog", "show, check or update the facts that answers come from"),
    "policy": ("policy", "list the rules, or explain one"),
    "doctor": ("doctor", "check that apt on this machine can follow a lock"),
    "cache": ("cache", "show, prune or clear the cache"),
    "completion": ("completion", "print the completion script of bash, zsh or fish"),
    "help": ("help", "show the help of a command, with every option"),
    "version": ("version", "print the version"),
}
"""Each with its module in this package and its line, in the order in which ``--help`` lists them;
plain tuples, since the first named one costs as much as an import."""
