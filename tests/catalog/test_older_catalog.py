"""An imported catalog that an older program wrote, beside a newer program: fewer systems, and files
that it did not have."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import Run

from neuron_pin.catalog.catalog import EMBEDDED

TOOLS = "aws-neuronx-tools"

# a command, and its exit code
COMMANDS = [
    (("catalog", "show"), 0),
    (("releases",), 0),
    (("lock", TOOLS, "--offline", "--instance", "trn2", "--os", "ubuntu24.04"), 0),
    # To that catalog the system is newer than all that it knows.
    (("lock", TOOLS, "--offline", "--instance", "trn2", "--os", "ubuntu26.04"), 0),
    (("explain", TOOLS, "--offline", "--os", "ubuntu26.04"), 0),
    (("doctor", "--root", "machine"), 0),
    (("check", "--host", "--root", "machine"), 0),
    (("lifecycle",), 0),
]


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalog of a later day that lacks Ubuntu 26.04 and what is known in part."""
    folder = tmp_path / "data/neuron-pin/catalog"
    shutil.copytree(EMBEDDED, folder)
    (folder / "parts.json").unlink()
    about = json.loads((folder / "catalog.json").read_text())
    (folder / "catalog.json").write_text(json.dumps(about | {"announcements": "2026-11-20"}))
    path = folder / "systems.json"
    rows = [row for row in path.read_text().splitlines() if '"ubuntu26.04"' not in row]
    text = "\n".join(rows)
    json.loads(text)
    path.write_text(text)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return folder


@pytest.mark.parametrize(("words", "code"), COMMANDS, ids=lambda value: str(value)[:40])
def test_every_command_works(run: Run, older: Path, words: tuple[str, ...], code: int) -> None:
    machine = Path("machine/etc")
    (machine / "apt").mkdir(parents=True)
    (machine / "os-release").write_text('ID=ubuntu\nVERSION_ID="26.04"\n')
    done = run(*words)
    assert done.code == code, done.err
    if words[0] == "catalog":
        assert "2026-11-20" in done.out
    if "ubuntu26.04" in words or "machine" in words:
        assert "NP510" in done.out + done.err
