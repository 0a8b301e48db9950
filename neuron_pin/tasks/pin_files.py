"""The pins of a machine: what a package manager itself reads, without a hook's programs."""

from __future__ import annotations

from neuron_pin.hooks import apt, dnf
from neuron_pin.hooks.installing import list_files
from neuron_pin.hooks.location import HookKind, HookLocation
from neuron_pin.hooks.managed_file import ManagedFile

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
