"""What a lock prints where no file and no format is named, and what files of the other kind say."""

from __future__ import annotations

import pytest
from conftest import Run

DAY = ("--offline", "--as-of", "2026-08-20", "--instance", "trn1", "--python", "3.11")

# requirements, options, a line of what is printed
PRINTED = [
    # The policy's own example, "Neuron SDK Installation and Update instructions".
    (("aws-neuronx-tools=2.*",), (), "Package: aws-neuronx-tools"),
    (("aws-neuronx-tools=2.*",), ("--pin", "major"), "Pin: version /^($|[^2]|2($|[^.]))/"),
    (("aws-neuronx-tools=2.*",), ("--os", "amzn2023"), "aws-neuronx-tools-0:2.32.28.0-*"),
    (("rpm:aws-neuronx-tools",), ("--os", "amzn2023", "--pin", "major"),
     "aws-neuronx-tools-0:2.*"),
    (("aws-neuronx-tools=2.*",), ("--format", "constraints"), "# Neuron SDK 2.32.0"),
    (("aws-neuronx-tools=2.*", "neuronx-cc"), (), "neuronx-cc==2.27.5334.0"),
    (("neuronx-cc",), (), "neuronx-cc==2.27.5334.0"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "options", "line"), PRINTED)
def test_system_packages_are_printed_as_their_manager_reads_them(
    asked: tuple[str, ...], options: tuple[str, ...], line: str, run: Run
) -> None:
    done = run("lock", *asked, *DAY, *options)
    assert (done.code, done.err) == (0, "")
    assert line in done.out.splitlines()


@pytest.mark.parametrize(
    ("system", "name"), [("ubuntu22.04", ".pref"), ("amzn2023", "versionlock.")]
)
def test_constraints_say_where_system_packages_are_written(
    system: str, name: str, run: Run
) -> None:
    done = run("lock", "aws-neuronx-tools", "neuronx-cc", *DAY, "--os", system)
    (line,) = [each for each in done.out.splitlines() if "1 system package;" in each]
    assert name in line


def test_a_file_that_holds_nothing_is_warned_of(run: Run) -> None:
    done = run("lock", "aws-neuronx-tools", *DAY, "-o", "c.txt", "-o", "n.pref")
    assert done.code == 0
    (warning,) = [line for line in done.err.splitlines() if line.startswith("warning")]
    assert "c.txt" in warning
    assert ".pref" in warning
    assert "warning" not in run("lock", "neuronx-cc", *DAY, "-o", "d.txt").err
