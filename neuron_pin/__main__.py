"""``python -m neuron_pin``."""

import sys

from neuron_pin.cli import main

sys.exit(main())
