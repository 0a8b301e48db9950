"""``uv pip compile`` through a warm ``neuron-pin serve`` beside the same straight from the index.

    python benchmarks/serve_compile.py [--runs 7] [REQ …]

Against the public index, which has to be in reach.  Both with what uv has kept of a run before,
and with nothing kept; the two answers are compared, too.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pairs import UV, paired, show
from serve_closure import served_before

PYPI = "https://pypi.org/simple"
NEURON = "http://127.0.0.1:9/simple"
"""Nobody; the requirements have no package of Neuron's."""
REQUIREMENTS = ["torch==2.9.*", "transformers==4.57.*", "accelerate", "optimum-neuron"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("requirements", nargs="*", default=REQUIREMENTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reqs = folder / "reqs.txt"
        reqs.write_text("\n".join(options.requirements) + "\n")
        with served_before(NEURON, PYPI, folder / "served") as (url, _):
            uv = [UV, "pip", "compile", "--no-config", "-q", "--no-header", str(reqs),
                  "--python-platform", "x86_64-manylinux_2_34"]  # fmt: skip
            indexes = {"direct": PYPI, "through": f"{url}/simple/"}
            answers = {
                label: subprocess.run(
                    [*uv, "--default-index", index, "--cache-dir", f"{folder}/{label}"],
                    capture_output=True, text=True, check=True,
                ).stdout
                for label, index in indexes.items()
            }  # fmt: skip
            if answers["direct"] != answers["through"]:
                sys.exit("the answers differ")
            for kept in (True, False):
                commands = {
                    label: [*uv, "--default-index", index, "--cache-dir", f"{folder}/{label}"]
                    for label, index in indexes.items()
                }

                def before(label: str, kept: bool = kept) -> None:
                    if not kept:
                        shutil.rmtree(folder / label)

                print("uv with what it has kept:" if kept else "uv with nothing kept:")
                show(paired(commands, options.runs, before), "direct")


if __name__ == "__main__":
    main()
