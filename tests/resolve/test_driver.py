"""The driver that a host has decides which releases run on it, its containers included."""

import json
from pathlib import Path

import pytest
from conftest import Run, failure

from neuron_pin.errors import NoSolution, WrongUsage
from neuron_pin.target.detection import detect

BASE = ("lock", "--offline", "--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.11",
        "--as-of", "2026-08-20")  # fmt: skip

# driver, what is asked for besides, the release that wins
WINDOWS = [
    ("2.26.5.0", (), "2.29.1"),
    ("2.26", (), "2.29.1"),
    ("2.27.4.0", (), "2.32.0"),
    ("2.30.2.0", (), "2.32.0"),
    ("2.29.0.0", (), "2.32.0"),
    ("2.26.5.0", ("neuronx-cc",), "2.29.1"),
    ("2.26.5.0", ("torch-neuronx", "--scope", "container"), "2.29.1"),
]


@pytest.mark.parametrize(("driver", "asked", "release"), WINDOWS)
def test_the_newest_release_that_works_with_it_wins(run, driver, asked, release: str) -> None:
    done = run(*BASE, "--with-driver", driver, *asked, "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["sdk"] == release
    drivers = [p["version"] for p in document["packages"] if p["name"] == "aws-neuronx-dkms"]
    assert all(version.startswith(driver) for version in drivers)
    newer = [e for e in document["exclusions"] if e["rule"] == "NP506"]
    if release == "2.29.1":
        assert [e["version"] for e in newer] == ["2.30.0", "2.31.0", "2.31.1", "2.32.0"]
        assert newer[-1]["reason"] == (
            f"aws-neuronx-runtime-lib 2.34.10.0 does not work with aws-neuronx-dkms {driver}"
        )
        assert "runtime.rst" in newer[-1]["source"]
    else:
        assert newer == []


# instance, the release that wins on a driver of 2.21
BY_INSTANCE = [("trn2", "2.23.0"), ("trn1", "2.29.1")]


@pytest.mark.parametrize(("instance", "release"), BY_INSTANCE)
def test_a_window_may_be_for_some_instances(run, instance: str, release: str) -> None:
    done = run("lock", "aws-neuronx-runtime-lib", "--offline", "--instance", instance, "--os",
               "ubuntu22.04", "--as-of", "2026-08-20", "--with-driver", "2.21.37.0",
               "--format", "json")  # fmt: skip
    assert json.loads(done.out)["sdk"] == release


def test_the_hosts_driver_is_left_alone(run) -> None:
    document = json.loads(run(*BASE, "--with-driver", "2.27.4.0", "--format", "json").out)
    (kept,) = [e for e in document["exclusions"] if e["name"] == "aws-neuronx-dkms"]
    assert (kept["rule"], kept["version"]) == ("NP107", "2.30.2.0")
    assert not [warning for warning in document["warnings"] if "driver" in warning]


def test_what_cannot_work_says_so(run) -> None:
    done = run(*BASE, "--with-driver", "2.26.5.0", "--sdk", "2.32.0")
    error = failure(done, NoSolution)
    assert any("aws-neuronx-runtime-lib 2.34.10.0" in cause for cause in error.causes)
    done = run(*BASE, "--with-driver", "2.29.0.0", "--sdk", "2.30.0")
    error = failure(done, NoSolution)
    assert any("aws-neuronx-dkms 2.29.0.0" in cause for cause in error.causes)
    done = run(*BASE, "--with-driver", "new")
    assert "'new'" in failure(done, WrongUsage).message
    assert run(*BASE, "aws-neuronx-dkms==2.30.*", "--with-driver", "2.27.4.0").code == 1


def test_a_loaded_module_tells_its_version(tmp_path: Path) -> None:
    assert detect(str(tmp_path)).driver == ""
    path = tmp_path / "sys/module/neuron/version"
    path.parent.mkdir(parents=True)
    for text, expected in (("2.27.4.0\n", "2.27.4.0"), ("other\x01", ""), ("", "")):
        path.write_text(text)
        assert detect(str(tmp_path)).driver == expected


# system, kernel, what a warning names
KERNELS = [
    ("ubuntu22.04", "6.8.0-1015-aws", ()),
    ("ubuntu22.04", "5.15.0-91-generic", ("6.8", "5.15.0-91-generic")),
    ("amzn2023", "6.18.3-1.amzn2023.x86_64", ()),
    ("amzn2023", "6.12.0", ("6.1, 6.18", "6.12.0")),
]


@pytest.mark.parametrize(("system", "kernel", "facts"), KERNELS)
def test_kernels_that_the_driver_was_tested_on(
    run: Run, system: str, kernel: str, facts: tuple[str, ...]
) -> None:
    done = run("lock", "--offline", "--instance", "trn1", "--os", system, "--with-kernel", kernel,
               "--python", "3.11", "--as-of", "2026-08-20", "--format", "json")  # fmt: skip
    assert done.code == 0, done.err
    warnings = [w for w in json.loads(done.out)["warnings"] if "kernel" in w]
    assert len(warnings) == bool(facts)
    assert all(fact in w for w in warnings for fact in (*facts, "runtime.rst"))


def test_a_kernel_that_is_too_old_puts_the_driver_aside(run) -> None:
    base = ("lock", "--offline", "aws-neuronx-dkms", "--instance", "trn1", "--os", "amzn2",
            "--as-of", "2026-08-20")  # fmt: skip
    new = run(*base, "--with-kernel", "5.10.236", "--format", "json")
    assert json.loads(new.out)["sdk"] == "2.32.0"
    old = json.loads(run(*base, "--with-kernel", "4.14.355", "--format", "json").out)
    assert old["packages"][0]["version"].startswith("2.17.")
    assert run(*base, "--with-kernel", "new").code == 2


def test_the_driver_goes_on_where_the_system_ended(run) -> None:
    """The runtime library left amzn2 with SDK 2.20.0; drivers were tested on it up to 2.32.0."""
    base = ("lock", "--offline", "aws-neuronx-dkms", "--instance", "trn1", "--os", "amzn2",
            "--format", "json", "--as-of")  # fmt: skip
    document = json.loads(run(*base, "2026-08-20").out)
    (driver,) = document["packages"]
    assert (driver["version"], driver["phase"], document["sdk"]) == ("2.30.2.0", "stable", "2.32.0")
    # A month's notice, and not the day on which the runtime library left.
    assert document["support"]["guaranteed_until"] == "2026-09-20"
    alone, kernel = document["warnings"]
    for fact in ("amzn2", "2024-09-16", "containers", "announce-no-support-al2.rst"):
        assert fact in alone
    for fact in ("kernel 5.10", "runtime.rst"):
        assert fact in kernel
    asked = run(*base, "2026-08-20", "--require-support-until", "2026-09-15")
    assert asked.code == 0, asked.err
    late = run(*base, "2026-08-20", "--require-support-until", "2027-09-15")
    assert late.code == 1
    before = json.loads(run(*base, "2024-06-01", "--with-kernel", "5.10.1").out)
    assert before["warnings"] == []
    ended = run("lock", "--offline", "--instance", "trn1", "--os", "amzn2", "--as-of", "2026-08-20")
    assert "NP110" in ended.err


def test_every_system_that_was_tested_is_known_with_its_c_library(catalog) -> None:
    assert len(catalog.tested) == 55
    for row in catalog.tested:
        assert catalog.system(row.os).glibc == row.glibc, row
