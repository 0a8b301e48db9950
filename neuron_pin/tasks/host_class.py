"""The class of a host, by the name that tasks use."""

from __future__ import annotations

from neuron_pin.fleet.host_class import HostClass as HostClass
