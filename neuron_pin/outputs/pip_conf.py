"""A fragment for pip.conf.

Source: pip's "Configuration".  pip takes the highest version of any index and cannot bind
a name to one, so it is the constraints that keep placeholders out; the fragment says so.
"""

from __future__ import annotations

from neuron_pin.resolve import Resolution

from .header import make_header


def render_pip_conf(resolution: Resolution, command: str) -> str:
    """The text: the indexes of the lock."""
    neuron, others = resolution.indexes()
    lines = [
        *make_header(command, is_section=True),
        "# Use it with the constraints file of the same lock (pip install -c): pip takes the",
        "# highest version of any index, and only the constraints keep placeholders out.",
        "[global]",
    ]
    if others:
        lines.append(f"index-url = {others[0]}")
    extra = [*others[1:], *neuron, *resolution.needed_urls()]
    if extra:
        lines.append("extra-index-url =")
        lines += [f"    {url}" for url in extra]
    return "\n".join(lines) + "\n"
