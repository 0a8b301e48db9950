"""``neuron-pin image``: what is in an image, its phases, and what a newer one changes."""

from __future__ import annotations

from neuron_pin.catalog import load_catalog
from neuron_pin.operations.image import describe_images, list_lines
from neuron_pin.report.image import (
    images_document,
    lines_document,
    render_images,
    render_lines,
)

from .command_parser import CommandParser
from .console import Console
from .facts import parse_day_or_today, warn_of_old_facts
from .options import Options, add_format


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin image``."""
    del common
    parser.examples = (
        "image",
        "image 2.9.0-neuronx-py312-sdk2.31.0-ubuntu24.04",
        "image 'Deep Learning AMI Neuron (Ubuntu 24.04) 20260710'",
        "image /aws/service/neuron/dlami/base/ubuntu-24.04/latest/image_id",
    )
    parser.add_argument(
        "image",
        metavar="IMAGE",
        nargs="?",
        help="a tag, a reference (registry/repository:tag), the name of an AMI or the path of its "
        "SSM parameter, both with @SDK for one release; default: list the lines of images",
    )
    parser.add_argument(
        "--as-of", metavar="DATE", help="ignore everything later than this day; default: today"
    )
    parser.add_argument("--all", action="store_true", help="show packages that do not change, too")
    add_format(parser, "text", "json")


def run(options: Options, console: Console) -> int:
    """Print the image, or the lines that there are; 0 whatever its phase."""
    catalog = load_catalog()
    as_of = parse_day_or_today(options.as_of)
    age = warn_of_old_facts(console, catalog, as_of)
    if options.image is None:
        lines = list_lines(catalog, as_of)
        is_json = options.format == "json"
        text = lines_document(lines, age) if is_json else render_lines(lines, console.screen)
        console.print_as(options.format, text)
        return 0
    reports = describe_images(options.image, catalog, as_of)
    if options.format == "json":
        console.result(images_document(reports, age))
    else:
        text = render_images(reports, catalog, everything=options.all, screen=console.screen)
        console.show(text)
    return 0
