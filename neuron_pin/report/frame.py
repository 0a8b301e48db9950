"""The frame of every page: self-contained, and with a policy (CSP) that lets
nothing run but the one script that is its own."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable
from html import escape

from neuron_pin.policy import Phase

PHASE_NAMES = {
    Phase.ALPHA: "alpha",
    Phase.BETA: "beta",
    Phase.RC: "release candidate",
    Phase.STABLE: "stable",
    Phase.MAINTENANCE: "maintenance",
    Phase.EOS: "end of support",
}
"""What phases are called on pages."""


MAX_AGE = 30
"""Days after which pages call facts old."""


def read_asset(name: str) -> str:
    """A style sheet or a script from ``assets``."""
    path = os.path.join(os.path.dirname(__file__), "assets", name)
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def frame_page(title: str, body: Iterable[str], *, style: str = "", script: str = "") -> str:
    """A whole page: ``title`` is text, the rest is markup whose texts are escaped already."""
    allowed = f"script-src '{digest_script(script)}'; " if script else ""
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; {allowed}"
        "base-uri 'none'; form-action 'none'"
    )
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>{read_asset('page.css')}{style}</style>",
        "</head>",
        "<body>",
        "<main>",
        *body,
        "</main>",
        *([f"<script>{script}</script>"] if script else []),
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def digest_script(script: str) -> str:
    """A script as a policy (CSP) names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
