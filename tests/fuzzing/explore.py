"""Explore one parser with atheris (libFuzzer): inputs that reach new code are bred further.

Usage: explore.py PARSER [libFuzzer's options and folders].  Ends with a file of the input and
a status other than 0 for an exception that was not declared, for one input that takes too long
and for too much memory.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent))
with atheris.instrument_imports(include=["neuron_pin"]):
    import parsers


def main() -> None:
    parser = sys.argv.pop(1)
    atheris.Setup(sys.argv, lambda data: parsers.read(parser, data))
    atheris.Fuzz()


main()
