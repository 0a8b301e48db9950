"""``python -m neuron_pin``."""

from neuron_pin.cli import entry

entry()
