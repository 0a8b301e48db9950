# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.neuron_pin.neuron.plugins.modules import apply
from ansible_collections.neuron_pin.neuron.plugins.plugin_utils.program import NeuronAction


class ActionModule(NeuronAction):
    """Sends what the module needs, and runs it."""

    module = apply
