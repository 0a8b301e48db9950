"""The command line: argparse, one module a command; imports the library, never the reverse.

Exit codes: 0 done; 1 the policy or the requirements say no; 2 wrong usage or unreadable
input; 3 a source failed; 70 a bug of ours; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


VERSION = (["--version"], ["-V"])
"""What is answered with the version and nothing else."""
INTERNAL = 70
"""The exit code of a bug: EX_SOFTWARE of sysexits(3)."""


def entry() -> NoReturn:
    """The program: run one command and end.

    Everything is written and closed by then; taking the interpreter apart would cost as
    much again as the lock itself.
    """
    modules = None
    if sys.argv[1:] not in VERSION:
        import neuron_pin
        from neuron_pin.bytecode import take_modules

        modules = take_modules(neuron_pin)
    code = main()
    if modules is not None:
        modules.keep()
    os._exit(code)


def _print_version() -> bool:
    """Say the version, with nothing else imported for it: false if that fails, and has to be said
    with what says why."""
    from .form import describe_version

    try:
        sys.stdout.write(f"{describe_version()}\n")
        sys.stdout.flush()
    except (OSError, AttributeError):
        return False
    return True


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code.  Errors become text here and nowhere else."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in VERSION and _print_version():
        return 0
    import gc

    # A lock makes many small values and no garbage to speak of; the default threshold
    # would walk them all again and again.  One of 1,000 packages has 110,000 of them.
    gc.set_threshold(500_000, 20, 20)
    from neuron_pin.errors import NeuronPinError

    from .console import Console

    console = Console.from_arguments(arguments)
    try:
        from .parser import parse

        options = parse(arguments)
        console = Console(
            color=options.color,
            quiet=options.quiet,
            verbose=options.verbose,
            arguments=arguments,
        )
        code: int = options.run(options, console)
    except NeuronPinError as error:
        console.error(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader has gone (head, less): no message.
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("NEURON_PIN_DEBUG"):
            raise
        console.error(
            NeuronPinError(
                f"a bug in neuron-pin: {type(error).__name__}: {error}",
                hint="NEURON_PIN_DEBUG=1 shows where; please report it with the command",
            )
        )
        return INTERNAL
    return code
