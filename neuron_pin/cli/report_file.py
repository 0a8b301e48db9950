"""A report goes to standard output, or into the file that ``-o`` names."""

from __future__ import annotations

from .console import Console
from .options import Options


def write_report(form: str, text: str, options: Options, console: Console) -> None:
    """Print a report of a form, or write it to the file of ``options.add_output``.  Raises
    `WrongUsage` for a file that neuron-pin did not write, unless it may be overwritten, and
    `CannotWrite`."""
    if not options.output or options.output == "-":
        console.print_as(form, text)
        return
    from neuron_pin.fs.atomic import write_atomically
    from neuron_pin.operations.replaceable import check_report_replaceable

    check_report_replaceable(options.output, overwrite=options.overwrite)
    write_atomically(options.output, text)
    console.note(f"{options.output}: written")
