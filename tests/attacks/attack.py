"""Every attack through neuron-pin and its peers: prints the tables of docs/security.md.

Usage: attack.py [index|apt|rpm …] [--only TEXT] [--no-peers] [--said].  The status is 1 if neuron-pin
accepts one, does not do what is expected, or takes more than 256 MiB or 30 s for it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from conftest import made_keys

from attacks import apt_cases, index_cases, rpm_cases
from attacks.apt_clients import AptAttack
from attacks.clients import Attack, Outcome, Place, made_certificate, newest_upstream
from attacks.rpm_clients import RpmAttack


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("tables", nargs="*", metavar="index|apt|rpm", default=list(TABLES))
    options.add_argument("--only", default="", metavar="TEXT", help="cases whose name has it")
    options.add_argument("--no-peers", action="store_true", help="neuron-pin alone")
    options.add_argument("--said", action="store_true", help="also what neuron-pin says")
    given = options.parse_args()
    failed = 0
    with ExitStack() as stack:
        for name in given.tables:
            cases, peers, place = TABLES[name](stack)
            wanted = [case for case in cases if given.only in f"{named(case)}: {case.name}"]
            clients = ["neuron_pin", *([] if given.no_peers else peers)]
            failed += table(clients, wanted, place, said=given.said)
    return 1 if failed else 0


Table = tuple[Sequence[Any], list[str], Callable[[Any], Place]]


def index_table(stack: ExitStack) -> Table:
    certificate = made_certificate(Path(stack.enter_context(tempfile.TemporaryDirectory())))
    return index_cases.CASES, ["pip", "uv"], lambda case: Attack(case, certificate)


def apt_table(stack: ExitStack) -> Table:
    keys, upstream = stack.enter_context(made_keys()), newest_upstream()
    return apt_cases.CASES, ["apt"], lambda case: AptAttack(case, keys, upstream)


def rpm_table(stack: ExitStack) -> Table:
    keys, upstream = stack.enter_context(made_keys()), newest_upstream()
    return rpm_cases.CASES, ["dnf"], lambda case: RpmAttack(case, keys, upstream)


TABLES = {"index": index_table, "apt": apt_table, "rpm": rpm_table}


def named(case: Any) -> str:
    return str(getattr(case, "group", ""))


def table(
    clients: list[str], cases: Sequence[Any], place: Callable[[Any], Place], *, said: bool
) -> int:
    """Print one table; how many cases were wrong."""
    print(f"| attack | {' | '.join(name.replace('_', '-') for name in clients)} |")
    print("|---" * (len(clients) + 1) + "|")
    failed, seconds, mebibytes, group = 0, 0.0, 0.0, ""
    words = {name: Counter[str]() for name in clients}
    for case in cases:
        if named(case) != group:
            group = named(case)
            print(f"| **{group}** |{' |' * len(clients)}")
        with place(case) as attack:
            found: list[Outcome] = [getattr(attack, name)() for name in clients]
        ours = found[0]
        is_right = ours.word == case.expected.value and ours.in_bounds
        failed += not is_right
        seconds, mebibytes = max(seconds, ours.seconds), max(mebibytes, ours.mebibytes)
        for name, outcome in zip(clients, found, strict=True):
            words[name][str(outcome).partition(",")[0]] += 1
        wrong = "" if is_right else f" (expected: {case.expected.value})"
        print(f"| {case.name} | {' | '.join(map(str, found))}{wrong} |", flush=True)
        if said or not is_right:
            for name, outcome in zip(clients, found, strict=True):
                told = f"{name}: {outcome.said[-1200:]}".replace("\n", "\n    ")
                print("    " + told, file=sys.stderr)
    print()
    for name in clients:
        told = ", ".join(f"{word} {count}" for word, count in words[name].most_common())
        print(f"{name.replace('_', '-')}: {told}")
    print(
        f"{len(cases)} attacks; neuron-pin at most {seconds:.1f} s and {mebibytes:.0f} MiB; "
        f"{failed} wrong\n"
    )
    return failed


if __name__ == "__main__":
    sys.exit(main())
