"""Package keys: an ecosystem and a normalized name."""

from __future__ import annotations

from neuron_pin.record import NamedTuple

from .pin import Ecosystem


class PackageKey(NamedTuple):
    """``pip:torch-neuronx``, ``apt:aws-neuronx-tools``; pip names as PEP 503 normalizes."""

    ecosystem: Ecosystem
    name: str

    def __str__(self) -> str:
        return f"{self.ecosystem.value}:{self.name}"
