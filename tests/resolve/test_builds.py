"""What Neuron's files are built for: machines and operating systems."""

from datetime import date

import pytest
from conftest import failure, page

from neuron_pin.catalog import Catalog
from neuron_pin.errors import NoSolution
from neuron_pin.operations.read_lock import read_resolution
from neuron_pin.outputs.repositories import list_key_commands, render_sources
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.resolve.rules import Context, all_exclusions
from neuron_pin.sources.candidate import Candidate, File
from neuron_pin.target import Target, make_target

OFFLINE = ("--offline", "--instance", "trn2", "--as-of", "2026-08-21")
ARM = ("--os", "ubuntu24.04", "--platform", "manylinux_2_28_aarch64")
NATIVE = "2.14.3.0.1234"


def make(catalog: Catalog, system: str, *platforms: str) -> Target:
    return make_target(
        catalog, instance="trn2", system=system, python="3.12", platforms=platforms,
        as_of=date(2026, 11, 28), this_python="3.12",
    )  # fmt: skip


# package, version, tag of its wheel (empty for no index), operating system, whether it fits
BUILDS = [
    ("torch-neuronx", NATIVE, "cp312-cp312-linux_x86_64", "ubuntu26.04", True),
    ("torch-neuronx", NATIVE, "cp312-cp312-linux_x86_64", "ubuntu24.04", False),
    ("torch-neuronx", NATIVE, "cp312-cp312-linux_x86_64", "amzn2023", False),
    ("torch-neuronx", NATIVE, "cp312-cp312-manylinux_2_34_x86_64", "ubuntu24.04", True),
    ("torch-neuronx", NATIVE, "", "ubuntu26.04", True),
    ("torch-neuronx", NATIVE, "", "ubuntu24.04", False),
    ("torch-neuronx", "2.15.3.0.1", "cp312-cp312-linux_x86_64", "ubuntu24.04", True),
    ("torch-neuronx", "2.9.0.2.13.24727", "py3-none-any", "ubuntu24.04", True),
    ("torch-neuronx", f"{NATIVE}+noble", "cp312-cp312-linux_x86_64", "ubuntu24.04", True),
    ("torch-neuronx", f"{NATIVE}+g1.ubuntu24", "cp312-cp312-linux_x86_64", "ubuntu26.04", False),
    ("neuronx-cc", "2.28.7631.0+resolute", "cp312-cp312-linux_x86_64", "ubuntu24.04", False),
    ("neuronx-cc", "2.28.7631.0+6f62ff7c", "cp312-cp312-linux_x86_64", "ubuntu24.04", True),
]


@pytest.mark.parametrize(("name", "version", "tag", "system", "fits"), BUILDS)
def test_a_plain_wheel_is_for_the_systems_that_the_vendor_states(
    catalog: Catalog, name: str, version: str, tag: str, system: str, fits: bool
) -> None:
    filename = f"{name.replace('-', '_')}-{version}-{tag}.whl"
    files = (File(filename, f"https://x.example/{filename}"),) if tag else ()
    candidate = Candidate(
        PackageKey(Ecosystem.PIP, name), version, "https://x.example", files=files
    )
    unread = frozenset(Ecosystem) if not tag else frozenset()
    context = Context(catalog, make(catalog, system), unread=unread)
    rules = {exclusion.rule for exclusion in all_exclusions(candidate, context)}
    assert (Rule.PLATFORM not in rules) is fits


def test_without_an_index_nothing_is_locked_for_a_machine_that_neuron_does_not_publish_for(
    run,
) -> None:
    done = run("lock", "neuronx-cc", *OFFLINE, *ARM)
    assert any("NP104" in cause for cause in failure(done, NoSolution).causes)
    assert "--platform manylinux_2_28_aarch64" in failure(done, NoSolution).hint
    done = run("lock", "aws-neuronx-tools", *OFFLINE, *ARM)
    assert any("NP104" in cause for cause in failure(done, NoSolution).causes)
    done = run("lock", *OFFLINE, *ARM)
    assert "==" not in done.out
    assert "NP104" in done.err
    assert "aarch64" in done.out


def test_a_wheel_for_another_machine_is_taken_where_an_index_has_one(run, serve) -> None:
    server = serve()
    rows = []
    for version, tag in (("2.27.5334.0", "aarch64"), ("2.26.6360.0", "x86_64")):
        filename = f"neuronx_cc-{version}+1-cp312-cp312-linux_{tag}.whl"
        rows.append({"filename": filename, "url": f"/{filename}", "hashes": {}})
    page(server, "neuronx-cc", rows)
    index = ("--neuron-index-url", f"{server.url}/simple", "--index-url", f"{server.url}/simple")
    options = ("--instance", "trn2", "--as-of", "2026-08-21", "--os", "ubuntu24.04", *index)
    done = run("lock", "neuronx-cc", *options, "--platform", "manylinux_2_28_aarch64")
    assert "neuronx-cc==2.27.5334.0" in done.out, done.err
    done = run("lock", "neuronx-cc", *options)
    assert "neuronx-cc==2.26.6360.0" in done.out, done.err
    done = run("lock", "neuronx-cc==2.26.6360.0", *options, *ARM[2:])
    assert any("NP104" in cause for cause in failure(done, NoSolution).causes)


def test_an_operating_system_of_a_later_release_says_so(run) -> None:
    """Ubuntu 26.04 came with SDK 2.33.0: its system packages are of no release before."""
    done = run("lock", *OFFLINE, "--os", "ubuntu26.04", "--python", "3.12")
    assert "neuronx-cc==" in done.out
    assert "NP103" in done.err
    done = run("lock", "aws-neuronx-dkms", *OFFLINE, "--os", "resolute", "--python", "3.12")
    assert any("NP103" in cause for cause in failure(done, NoSolution).causes)


def test_the_key_is_where_the_vendors_set_up_of_the_system_has_it(run, catalog: Catalog) -> None:
    run("lock", "aws-neuronx-tools", *OFFLINE, "--os", "ubuntu24.04", "-o", "lock.json")
    resolution, _ = read_resolution("lock.json", catalog)
    newer = catalog.system("ubuntu26.04")
    assert newer.keyring
    here = resolution.target._replace(os=newer)
    text = render_sources(resolution._replace(target=here), "neuron-pin")
    assert f"Signed-By: {newer.keyring}\n" in text
    assert "Suites: resolute\n" in text
    assert "Architectures: amd64\n" in text
    there = here._replace(platforms=("manylinux_2_43_aarch64",))
    assert "Architectures: arm64\n" in render_sources(resolution._replace(target=there), "x")
    # apt takes a file of this name for a binary one.
    commands = list_key_commands("https://apt.example", newer.keyring)
    assert any(command.startswith("gpg ") and "--dearmor" in command for command in commands)
