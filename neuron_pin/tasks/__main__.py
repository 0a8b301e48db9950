"""``python -m neuron_pin.tasks``: one request, for controllers that have the package."""

from __future__ import annotations

import sys

from . import entry

sys.exit(entry())
