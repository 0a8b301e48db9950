"""Every attack of an index through neuron-pin, pip and uv: prints the table of docs/security.md.

Usage: attack.py [--only TEXT] [--no-peers] [--said].  The status is 1 if neuron-pin accepts one,
does not do what is expected, or takes more than 256 MiB or 30 s for it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from attacks.clients import Attack, Outcome, made_certificate
from attacks.index_cases import CASES, Case


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--only", default="", metavar="TEXT", help="cases whose name has it")
    options.add_argument("--no-peers", action="store_true", help="neuron-pin alone")
    options.add_argument("--said", action="store_true", help="also what neuron-pin says")
    given = options.parse_args()
    clients = ["neuron_pin"] if given.no_peers else ["neuron_pin", "pip", "uv"]
    print(f"| attack | {' | '.join(name.replace('_', '-') for name in clients)} |")
    print("|---" * (len(clients) + 1) + "|")
    failed, worst, words = 0, Outcome("", 0, 0, ""), {name: Counter[str]() for name in clients}
    with tempfile.TemporaryDirectory() as folder:
        certificate = made_certificate(Path(folder))
        group = ""
        for case in CASES:
            if given.only not in f"{case.group}: {case.name}":
                continue
            if case.group != group:
                group = case.group
                print(f"| **{group}** |{' |' * len(clients)}")
            found = attacked(case, certificate, clients)
            ours = found[0]
            is_right = ours.word == case.expected.value and ours.in_bounds
            failed += not is_right
            worst = Outcome(
                "", max(worst.seconds, ours.seconds), max(worst.mebibytes, ours.mebibytes), ""
            )
            for name, outcome in zip(clients, found, strict=True):
                words[name][str(outcome).partition(",")[0]] += 1
            wrong = "" if is_right else f" (expected: {case.expected.value})"
            print(f"| {case.name} | {' | '.join(map(str, found))}{wrong} |", flush=True)
            if given.said or not is_right:
                print("    " + ours.said[-1500:].replace("\n", "\n    "), file=sys.stderr)
    for name in clients:
        told = ", ".join(f"{word} {count}" for word, count in words[name].most_common())
        print(f"{name.replace('_', '-')}: {told}")
    print(f"neuron-pin at most {worst.seconds:.1f} s and {worst.mebibytes:.0f} MiB; {failed} wrong")
    return 1 if failed else 0


def attacked(case: Case, certificate: Path, clients: list[str]) -> list[Outcome]:
    with Attack(case, certificate) as attack:
        return [getattr(attack, name)() for name in clients]


if __name__ == "__main__":
    sys.exit(main())
