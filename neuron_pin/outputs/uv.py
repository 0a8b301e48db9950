"""Fragments for uv: ``uv.toml``, and ``[tool.uv]`` for a project's pyproject.toml.

Source: uv's settings reference.  ``sources`` belong to projects and are not allowed in
uv.toml, so only the project's fragment binds each name to Neuron's index.
"""

from __future__ import annotations

import json

from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import Resolution

from .header import describe_judgment, make_header

NAME = "neuron"
FRAMEWORK = "framework"
"""The name of the index that a framework is taken from."""


def render_uv_toml(resolution: Resolution, command: str) -> str:
    """``uv.toml``: Neuron's index first, and constraints.

    ``unsafe-first-match`` looks on from an index that has a name but no version which the
    constraints allow: torch-xla lives on both, by version.  The constraints keep
    placeholders out.
    """
    lines = _head(resolution, command)
    lines.append("# Neuron's index first; the constraints keep placeholders on other indexes out.")
    lines += ['index-strategy = "unsafe-first-match"', *_constraints(resolution), ""]
    for name, url in _name_indexes(resolution):
        lines += ["[[index]]", f"name = {json.dumps(name)}", f"url = {json.dumps(url)}", ""]
    return "\n".join(lines)


def render_uv_project(resolution: Resolution, command: str) -> str:
    """``[tool.uv]``: an explicit index, a source for each of Neuron's packages, constraints."""
    lines = [*_head(resolution, command), "[tool.uv]", *_constraints(resolution), ""]
    indexes = _name_indexes(resolution)
    names = {url: name for name, url in indexes}
    bound = {
        package.key.name: names[package.source]
        for package in resolution.packages_of(Ecosystem.PIP)
        if package.source in names
    }
    for needed in resolution.needed_indexes:
        # Whatever the project asks for of these: the lock may not have them.
        bound |= dict.fromkeys(needed.packages, names[needed.url])
    if indexes:
        lines.append("[tool.uv.sources]")
        lines += [f"{name} = {{ index = {json.dumps(bound[name])} }}" for name in sorted(bound)]
        lines.append("")
    for name, url in indexes:
        lines += ["[[tool.uv.index]]", f"name = {json.dumps(name)}", f"url = {json.dumps(url)}"]
        lines += ["explicit = true", ""]
    return "\n".join(lines)


def _name_indexes(resolution: Resolution) -> list[tuple[str, str]]:
    """The indexes that are not uv's default, each with its name: Neuron's, then those that are
    needed for some names."""
    found = [(NAME, url) for url in resolution.indexes()[0]]
    for number, url in enumerate(resolution.needed_urls()):
        found.append((f"{FRAMEWORK}-{number + 1}" if number else FRAMEWORK, url))
    return found


def _head(resolution: Resolution, command: str) -> list[str]:
    release = f", Neuron SDK {resolution.sdk}" if resolution.sdk else ""
    return [
        *make_header(command, is_section=True),
        f"# {resolution.target.label}{release}",
        *describe_judgment(resolution),
    ]


def _constraints(resolution: Resolution) -> list[str]:
    packages = resolution.packages_of(Ecosystem.PIP)
    rows = [f"    {json.dumps(p.key.name + p.pin.to_pip())}," for p in packages]
    return ["constraint-dependencies = [", *rows, "]"]
