"""The page of the Ansible modules, and what every module of the collection has to have."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = runpy.run_path(str(ROOT / "script/ansible_reference.py"))
MODULES = sorted((ROOT / "ansible/plugins/modules").glob("*.py"))


def test_the_page_is_that_of_the_modules() -> None:
    page = ROOT / "docs/reference/ansible.md"
    again = "run: python script/ansible_reference.py > docs/reference/ansible.md"
    assert page.read_text(encoding="utf-8") == REFERENCE["render"](), again
    assert {path.stem for path in MODULES} == set(REFERENCE["ORDER"])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_has_a_target_and_is_in_its_action_group(path: Path) -> None:
    groups = yaml.safe_load((ROOT / "ansible/meta/runtime.yml").read_text())["action_groups"]
    assert path.stem in groups["neuron"]
    target = ROOT / "ansible/tests/integration/targets" / path.stem
    assert (target / "tasks/main.yml").is_file() and (target / "aliases").is_file()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "ansible").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_file_states_its_license(path: Path) -> None:
    head = path.read_text(encoding="utf-8")[:600]
    assert "SPDX-License-Identifier: GPL-3.0-or-later" in head
    assert "GNU General Public License v3.0+" in head
