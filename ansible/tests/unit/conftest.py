# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.text.converters import to_bytes

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:
    # ansible-core 2.18 has none.
    import contextlib

    @contextlib.contextmanager
    def patch_module_args(args):
        before = basic._ANSIBLE_ARGS
        basic._ANSIBLE_ARGS = to_bytes(json.dumps({"ANSIBLE_MODULE_ARGS": args}))
        try:
            yield
        finally:
            basic._ANSIBLE_ARGS = before


class Exit(Exception):
    """A module ended: with what it said, and whether it failed."""

    def __init__(self, result, failed):
        super().__init__(str(result))
        self.result = result
        self.failed = failed


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a module's main with arguments; gives its result, with ``failed``."""

    def exit_json(self, **result):
        raise Exit(result, False)

    def fail_json(self, msg="", **result):
        raise Exit(dict(result, msg=msg), True)

    monkeypatch.setattr(basic.AnsibleModule, "exit_json", exit_json)
    monkeypatch.setattr(basic.AnsibleModule, "fail_json", fail_json)

    def run_module(module, check=False, diff=False, **args):
        args = dict(
            args, _ansible_check_mode=check, _ansible_diff=diff, _ansible_remote_tmp=str(tmp_path)
        )
        with patch_module_args(args), pytest.raises(Exit) as ended:
            module.main()
        return dict(ended.value.result, failed=ended.value.failed)

    return run_module


@pytest.fixture
def root(tmp_path):
    """An empty machine."""
    os.makedirs(str(tmp_path / "root" / "etc"))
    return tmp_path / "root"
