"""The pins of a machine: what a package manager itself reads, without a hook's programs."""

from __future__ import annotations

import os
import re
from typing import Any

from neuron_pin.errors import CannotWrite, UnreadableInput
from neuron_pin.fs.ownership import Ownership, find_ownership
from neuron_pin.hooks import apt, dnf
from neuron_pin.hooks.installing import list_files, read_existing
from neuron_pin.hooks.location import HookKind, HookLocation, find_location
from neuron_pin.hooks.managed_file import FileOwner, ManagedFile

KINDS = ("apt", "dnf4", "dnf5", "pip", "uv")
"""Whose pins there are."""


def hook_kind(kind: str) -> HookKind:
    """The kind of hook whose pins these are."""
    return HookKind("dnf" if kind in ("dnf4", "dnf5") else kind)


def list_pin_files(kind: str, place: HookLocation) -> list[ManagedFile]:
    """The files of a kind's pins at a place: those that the hook writes too, so that the two
    agree."""
    if kind == "dnf4":
        return [dnf.make_list_lock(place)]
    if kind == "dnf5":
        return [dnf.make_version_lock(place.below(dnf.TOML), "versionlock-toml")]
    preferences = place.below(apt.PREFERENCES)
    return [file for file in list_files(place) if kind != "apt" or file.path == preferences]


def list_pins(root: str) -> list[dict[str, Any]]:
    """The pins of a machine's system: kind, path, the release that the file names, and whose the
    text is: ``ours`` or ``edited`` since."""
    rows = []
    for kind in KINDS:
        place = find_location(hook_kind(kind), "system", root, None, {})
        for file in list_pin_files(kind, place):
            try:
                text = read_existing(file.path)
                state = _state(text, file)
            except (CannotWrite, UnreadableInput, ValueError):
                text, state = "", "unreadable"
            if state:
                path = f"/{os.path.relpath(file.path, root)}" if root != "/" else file.path
                rows.append({"kind": kind, "path": path, "state": state, "sdk": _find_sdk(text)})
    return rows


def _state(text: str, file: ManagedFile) -> str:
    if not text:
        return ""
    if file.owner is FileOwner.SHARED:
        return "ours" if file.without_ours(text) != text else ""
    found = find_ownership(text)
    return {Ownership.OURS: "ours", Ownership.EDITED: "edited"}.get(found, "foreign")


def _find_sdk(text: str) -> str | None:
    found = re.search(r"\bNeuron SDK (\d[\d.]*\d)", text)
    return found[1] if found is not None else None
