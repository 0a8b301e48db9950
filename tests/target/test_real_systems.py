"""What machines of current systems say of themselves, and what becomes of it."""

import json
import subprocess
from pathlib import Path

import pytest
from conftest import Run, failure

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.newness import Standing, judge_system
from neuron_pin.errors import UnknownName
from neuron_pin.policy import Ecosystem
from neuron_pin.target.detection import detect

# os-release, by its fields that count; what the facts say, and the name of the target.
SYSTEMS = [
    ('ID="rocky"\nVERSION_ID="9.6"\n', Standing.KNOWN, "rocky9"),
    ('ID="rocky"\nVERSION_ID="10.1"\n', Standing.NEWER, "rocky10"),
    ('ID="rhel"\nVERSION_ID="10.1"\n', Standing.KNOWN, "rhel10"),
    ('ID="rhel"\nVERSION_ID="9.6"\n', Standing.UNKNOWN, None),
    ('ID="amzn"\nVERSION_ID="2023"\n', Standing.KNOWN, "amzn2023"),
    ('ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n', Standing.NEWER, "debian13"),
    ("ID=debian\nVERSION_CODENAME=forky\n", Standing.NEWER, "debian14"),
    ('ID="almalinux"\nVERSION_ID="9.6"\n', Standing.UNKNOWN, None),
    ("ID=fedora\nVERSION_ID=44\n", Standing.UNKNOWN, None),
]


@pytest.mark.parametrize(("stated", "standing", "name"), SYSTEMS)
def test_what_a_machine_says_of_itself(
    catalog: Catalog, tmp_path: Path, stated: str, standing: Standing, name: str | None
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text(stated)
    judged = judge_system(catalog, detect(str(tmp_path)).os)
    assert judged.standing is standing
    assert (judged.system.name if judged.system else None) == name
    if judged.system is not None:
        wants_apt = "debian" in stated
        assert (judged.system.ecosystem is Ecosystem.APT) == wants_apt


@pytest.mark.parametrize(
    "name",
    ["rhel9", "rocky8", "amzn2018", "ubuntu23.10", "debian11", "sles15.6", "fedora41", "ol9"],
)
def test_another_version_of_a_distribution_is_no_misprint(run: Run, name: str) -> None:
    done = run("lock", "--offline", "--instance", "trn2", "--os", name, "--python", "3.12")
    error = failure(done, UnknownName)
    assert (error.given, error.near) == (name, ())
    assert "do not have it" in error.hint


@pytest.mark.parametrize(("name", "meant"), [("ubuntu2404", "ubuntu24.04"), ("rocki9", "rocky9")])
def test_a_misprint_is_corrected(run: Run, name: str, meant: str) -> None:
    done = run("lock", "--offline", "--instance", "trn2", "--os", name, "--python", "3.12")
    assert meant in failure(done, UnknownName).near


@pytest.mark.parametrize(("name", "system"), [("rocky9.6", "rocky9"), ("sid", "debian14"), ("testing", "debian14"),
                                              ("rhel10.1", "rhel10")])  # fmt: skip
def test_names_as_people_write_them(catalog: Catalog, name: str, system: str) -> None:
    found = judge_system(catalog, name).system
    assert found is not None
    assert found.name == system


# What --os says, and whether a plan's check passes on the machine that says so of itself.
CHECKED = [
    ("debian13", 'ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n', True),
    ("sid", "ID=debian\nVERSION_CODENAME=forky\n", True),
    ("sid", 'ID=debian\nVERSION_ID="14"\nVERSION_CODENAME=forky\n', True),
    ("sid", 'ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n', False),
    ("debian13", "ID=debian\nVERSION_CODENAME=forky\n", False),
    ("rocky10", 'ID="rocky"\nVERSION_ID="10.1"\n', True),
    ("rocky9", 'ID="rocky"\nVERSION_ID="10.1"\n', False),
    ("al2023", 'ID="amzn"\nVERSION_ID="2023"\n', True),
]


@pytest.mark.parametrize(("name", "stated", "passes"), CHECKED)
def test_a_plan_checks_the_system_by_what_it_says(
    run: Run, tmp_path: Path, name: str, stated: str, passes: bool
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text(stated)
    done = run("plan", "--from", "2.31.1", "--to", "2.32.0", "--instance", "trn2", "--os", name,
               "--python", "3.12", "--root", tmp_path, "--format", "json")  # fmt: skip
    assert done.code == 0, done.err
    step = json.loads(done.out)["steps"][0]
    checked = subprocess.run(["sh", "-c", *step["commands"]], check=False)
    assert (checked.returncode == 0) is passes, step
