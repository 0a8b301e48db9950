# Copyright: (c) neuron-pin contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes each result as a line of JSON: what the lab compares."""

from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: lab_log
type: aggregate
short_description: write results as lines of JSON
description:
  - Adds a line to the file that C(NEURON_PIN_LAB_LOG) names for each result.
"""


class CallbackModule(CallbackBase):
    """A line for each result, written at once, so that a killed controller leaves what it had."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "lab_log"

    def __init__(self):
        super().__init__()
        # Kept open over the whole run; the end of the program closes it.
        self._log = open(os.environ["NEURON_PIN_LAB_LOG"], "a", encoding="utf-8")  # noqa: SIM115

    def _write(self, result, outcome):
        row = {
            "host": result.host.get_name(),
            "task": result.task.get_name(),
            "action": result.task.action,
            "outcome": outcome,
            "result": result.result,
        }
        self._log.write(json.dumps(row, default=str) + "\n")
        self._log.flush()

    def v2_runner_on_ok(self, result):
        self._write(result, "changed" if result.is_changed() else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._write(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result):
        self._write(result, "unreachable")

    def v2_runner_on_skipped(self, result):
        self._write(result, "skipped")
