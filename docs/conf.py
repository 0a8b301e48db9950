"""Sphinx's configuration: HTML pages and manual pages from the same sources (script/docs)."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

from neuron_pin import __version__  # noqa: E402
from neuron_pin.cli.commands import COMMANDS  # noqa: E402

project = "neuron-pin"
author = "the neuron-pin contributors"
copyright = author  # noqa: A001 - Sphinx's name
version = release = __version__
language = "en"
# An option is -- and a name, not a dash.
smartquotes = False

extensions = ["myst_parser", "command_pages", "outside_documents"]
exclude_patterns = ["_ext", "_build", "upstream"]
nitpicky = True
# Links between documents are links between files, so that they work where the files are read, too.
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]
# The pages speak of releases of other software; an address that moved is found by --external.
linkcheck_timeout = 20
linkcheck_workers = 4
linkcheck_anchors = False

html_theme = "furo"
html_title = f"neuron-pin {release}"
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
html_theme_options = {"navigation_with_keys": True}
html_static_path = ["_static"]
html_css_files = ["pages.css"]
pygments_style = "friendly"
pygments_dark_style = "github-dark"

# The day of the last change of the manual pages. A build has no clock: same sources, same bytes.
MANUAL_DATE = "2026-11-28"
today = MANUAL_DATE
man_make_section_directory = False
man_show_urls = False
man_pages = [
    ("man/neuron-pin", "neuron-pin", "choose exact AWS Neuron versions by policy", author, 1),
    *(
        (f"man/neuron-pin-{name}", f"neuron-pin-{name}", summary, author, 1)
        for name, (_, summary) in COMMANDS.items()
    ),
]
