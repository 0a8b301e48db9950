# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.neuron_pin.neuron.plugins.module_utils.program import read_answer


@pytest.mark.parametrize(
    "out", ['{"a": 1}', "{}", "[1]", '{"ok": true}', '{"ok": true, "result": []}', '{"ok": 0}']
)
def test_an_answer_that_is_not_the_programs_is_shown(out):
    found = read_answer(0, out + " " * 3000, "")
    assert found["failed"] and out in found["msg"]
    assert "did not answer as this collection's program does" in found["msg"]


def test_answers_of_the_program():
    assert read_answer(0, '{"ok": true, "result": {"changed": false}}', "") == {"changed": False}
    found = read_answer(0, '{"ok": false, "error": "Refused", "message": "no"}', "")
    assert found["failed"] and found["msg"] == "no" and found["error"] == "Refused"
    assert "no answer (exit code 1): oh" in read_answer(1, "", "oh")["msg"]
