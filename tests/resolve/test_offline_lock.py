"""The lock from the embedded catalog alone."""

from datetime import date
from typing import Any

import pytest
from conftest import failure

from neuron_pin.catalog import Catalog, ComponentKind, version_numbers
from neuron_pin.errors import NoSolution
from neuron_pin.inputs import parse_all
from neuron_pin.operations.lock import lock
from neuron_pin.policy import Phase
from neuron_pin.resolve import Resolution
from neuron_pin.settings import Settings


def locked(catalog: Catalog, *requirements: str, as_of: str = "", **settings) -> Resolution:
    day = as_of or "2026-08-17"
    return lock(
        Settings(offline=True, as_of=day, **settings),
        catalog,
        parse_all(requirements),
        [],
        today=date(2026, 8, 17),
        this_python="3.11",
        environ={},
    )


def versions(resolution: Resolution) -> dict[str, str]:
    return {package.key.name: package.version for package in resolution.packages}


def test_every_release_instance_and_python_gives_the_manifests_versions(catalog: Catalog) -> None:
    """622 targets: each locked version is the release's, and each absence has its reason."""
    excused = {"NP201", "NP202", "NP204", "NP502", "NP503", "NP504", "NP509"}
    cases = refused = 0
    ended = {
        e.version: e.effective for e in catalog.events_by_name["python"] if e.phase is Phase.EOS
    }
    for release in catalog.releases:
        if not release.listed:
            continue
        members = catalog.members(release.sdk)
        for instance in sorted({i for m in members for i in m.instances}):
            for python in sorted({p for m in members for p in m.pythons}):
                cases += 1
                listed: dict[str, set[str]] = {}
                for m in members:
                    if instance in m.instances and (not m.pythons or python in m.pythons):
                        listed.setdefault(m.package, set()).add(m.version)
                target: dict[str, Any] = {
                    "sdk": release.sdk,
                    "instance": instance,
                    "python": python,
                    "as_of": release.date.isoformat(),
                }
                if (end := ended.get(python)) is not None and end <= release.date:
                    # Listed by the manifest, and out of support all the same.
                    with pytest.raises(NoSolution, match=f"python {python} "):
                        locked(catalog, **target)
                    target["phase"] = ("eos",)
                    refused += 1
                found = locked(catalog, **target)
                chosen = versions(found)
                where = (release.sdk, instance, python)
                if "aws-neuronx-dkms" in chosen and "aws-neuronx-dkms" not in listed:
                    # The last driver for inf1, of an earlier release.
                    assert instance == "inf1"
                    patched = release.date >= date(2026, 3, 12)
                    last = "2.24.13.0" if patched else "2.24.7.0"
                    assert chosen.pop("aws-neuronx-dkms") == last
                assert set(chosen) <= set(listed), where
                reasons: dict[str, set[str]] = {}
                for e in found.exclusions:
                    reasons.setdefault(e.key.name, set()).add(e.rule.identifier)
                for name, offered in listed.items():
                    if name in chosen:
                        assert chosen[name] in offered, (where, name)
                        if chosen[name] != max(offered, key=version_numbers):
                            assert reasons[name] & excused, (where, name)
                    else:
                        assert reasons.get(name, set()) & excused, (where, name)
    assert (cases, refused) == (622, 81)


def test_a_family_that_no_release_lists_gets_no_lock(catalog: Catalog) -> None:
    known = Catalog(catalog.folder)
    known.instances = {**catalog.instances, "trn8": "trn8", "trn7": "trn8", "trn6": "trn2"}
    for instance in ("trn8", "trn7"):
        with pytest.raises(NoSolution):
            locked(known, instance=instance, python="3.12")
        with pytest.raises(NoSolution):
            locked(known, instance=instance, python="3.12", scope="host")
    assert versions(locked(known, instance="trn6", python="3.12")) == versions(
        locked(known, instance="trn2", python="3.12")
    )


def test_a_release_before_the_family_gets_no_lock(catalog: Catalog) -> None:
    with pytest.raises(NoSolution) as caught:
        locked(catalog, instance="inf2", python="3.10", sdk="2.3.0", phase=("eos",))
    assert any(str(words).startswith("without --sdk") for words in caught.value.relaxations)
    with pytest.raises(NoSolution):
        locked(catalog, instance="trn3", python="3.10", as_of="2024-01-01")


def test_the_latest_framework_is_the_default_and_an_earlier_one_must_be_asked_for(catalog) -> None:
    target = {"sdk": "2.26.1", "instance": "trn2", "python": "3.11", "as_of": "2025-10-29"}
    assert versions(locked(catalog, "torch-neuronx", **target)) == {
        "torch-neuronx": "2.8.0.2.10.16998"
    }
    asked = locked(catalog, "torch-neuronx==2.7.*", **target)
    assert versions(asked) == {"torch-neuronx": "2.7.0.2.10.16998"}
    aside = {
        e.version: e.rule.identifier for e in asked.exclusions if e.key.name == "torch-neuronx"
    }
    assert aside == {"2.6.0.2.10.16998": "NP301", "2.8.0.2.10.16998": "NP301"}


def test_a_lock_holds_the_closure_and_nothing_else(catalog: Catalog) -> None:
    found = locked(catalog, "neuronx-cc", instance="trn1", python="3.12")
    assert versions(found) == {"neuronx-cc": "2.27.5334.0"}
    assert found.sdk == "2.32.0"


def test_without_sdk_the_newest_release_that_has_everything_wins_and_says_why(catalog) -> None:
    found = locked(catalog, "torch-neuronx", "neuronx-cc", instance="trn2", python="3.12")
    assert found.sdk == "2.31.1"
    (newer,) = [e for e in found.exclusions if e.key.name == "neuron-sdk"]
    assert (newer.version, newer.rule.identifier) == ("2.32.0", "NP505")
    assert "torch-neuronx" in newer.reason


def test_packages_of_one_framework_are_locked_at_one_framework_version(catalog) -> None:
    found = locked(catalog, sdk="2.31.1", instance="trn2", python="3.12")
    chosen = versions(found)
    assert chosen["libtorch-neuronx-lite"].startswith("2.12.")
    assert chosen["torch-xla"] == "2.12.0"
    assert "torch-neuronx" not in chosen
    reason = next(e for e in found.exclusions if e.key.name == "torch-neuronx")
    assert (reason.rule.identifier, reason.reason) == ("NP502", "this lock has pytorch 2.12")


def test_packages_of_two_framework_versions_do_not_go_together(catalog: Catalog) -> None:
    with pytest.raises(NoSolution):
        locked(
            catalog,
            "torch-neuronx==2.9.*",
            "libtorch-neuronx-lite==2.12.*",
            sdk="2.31.1",
            instance="trn2",
            python="3.12",
        )


def test_a_window_binds_what_is_there_and_adds_nothing(catalog: Catalog) -> None:
    target = {"sdk": "2.31.1", "instance": "trn1", "python": "3.12"}
    assert versions(locked(catalog, "torch-neuronx", **target)) == {
        "torch-neuronx": "2.9.0.2.15.32035"
    }
    assert versions(locked(catalog, "torch-neuronx", "libneuronxla", **target)) == {
        "torch-neuronx": "2.9.0.2.15.32035",
        "libneuronxla": "2.2.17544.0",
    }
    assert versions(locked(catalog, "libneuronxla", **target)) == {"libneuronxla": "3.0.3854.0"}


def test_an_end_of_support_version_is_out_on_the_day_and_in_the_day_before(catalog) -> None:
    request = ("torch-neuronx==2.8.*",)
    target = {"instance": "trn2", "python": "3.11"}
    assert locked(catalog, *request, **target, as_of="2026-04-08").sdk == "2.28.1"
    with pytest.raises(NoSolution) as caught:
        locked(catalog, *request, **target, as_of="2026-04-09")
    assert any("NP201" in cause for cause in caught.value.causes)


def test_an_exact_pin_reaches_an_end_of_support_version_with_a_warning(catalog: Catalog) -> None:
    found = locked(catalog, "torch-neuronx==2.8.0.2.12.22436", instance="trn2", python="3.11")
    assert found.sdk == "2.28.1"
    assert any("out of support" in warning for warning in found.warnings)
    allowed = locked(
        catalog, "torch-neuronx==2.8.*", instance="trn2", python="3.11", phase=("eos",)
    )
    assert allowed.sdk == "2.28.1"


def test_a_beta_is_reached_by_its_phase_or_an_exact_pin_alone(catalog: Catalog) -> None:
    target = {"instance": "trn2", "python": "3.12", "sdk": "2.32.0"}
    with pytest.raises(NoSolution) as caught:
        locked(catalog, "vllm-neuron", **target)
    assert any("NP202" in cause for cause in caught.value.causes)
    for request, phase in (("vllm-neuron", ("beta",)), ("vllm-neuron==0.24.0.1.1.0", ())):
        assert versions(locked(catalog, request, phase=phase, **target)) == {
            "vllm-neuron": "0.24.0.1.1.0"
        }


def test_maintenance_is_allowed_with_a_warning_that_says_since_when(catalog: Catalog) -> None:
    found = locked(catalog, "neuronx-distributed", instance="trn2", python="3.12")
    maintenance, left_behind = found.warnings
    assert "2026-05-21" in maintenance
    assert "neuronx-distributed" in left_behind
    assert "2.31.1" in left_behind


def test_what_newer_releases_have_left_names_what_takes_its_place(catalog: Catalog) -> None:
    target = {"instance": "trn2", "python": "3.12"}
    (warning,) = locked(catalog, "torch-neuronx", **target).warnings
    for fact in ("torch-neuronx", "2.31.1", "2.32.0", "libtorch-neuronx-lite"):
        assert fact in warning
    *_, warning = locked(catalog, "torch-neuronx", instance="trn1", python="3.12").warnings
    # TorchNeuron is for Trn2 and Trn3: release-notes/components/torchneuron.html, 2.33.0.
    for fact in ("torch-neuronx", "2.31.1"):
        assert fact in warning
    assert "TorchNeuron" not in warning
    # Nobody knew on the day of the last release that had it.
    assert locked(catalog, "torch-neuronx", **target, as_of="2026-08-12").warnings == ()
    with pytest.raises(NoSolution) as caught:
        locked(catalog, "torch-neuron", **target)
    assert "torch-neuronx" in caught.value.hint
    with pytest.raises(NoSolution, match=r"aws-neuron-runtime-base .*2022-10-10") as gone:
        locked(catalog, "aws-neuron-runtime-base", **target)
    assert gone.value.hint.endswith(" aws-neuronx-oci-hook")


def test_a_container_gets_no_kernel_driver(catalog: Catalog) -> None:
    for scope, expected in (("both", True), ("host", True), ("container", False)):
        found = versions(locked(catalog, instance="trn2", python="3.12", scope=scope))
        assert ("aws-neuronx-dkms" in found) is expected
        assert ("aws-neuronx-runtime-lib" in found) is (scope != "host")


def test_the_last_driver_for_inf1_is_found_and_the_correction_named(catalog: Catalog) -> None:
    asked: dict[str, Any] = {"instance": "inf1", "python": "3.10", "os": "ubuntu22.04"}
    for request, day, driver in (
        ("aws-neuronx-dkms", "2026-08-17", "2.24.13.0"),
        ("aws-neuronx-dkms=2.24.13.0", "2026-08-17", "2.24.13.0"),
        ("aws-neuronx-dkms=2.24.7.0", "2026-08-17", "2.24.7.0"),
        # The patch was announced on 2026-03-12.
        ("aws-neuronx-dkms", "2026-03-12", "2.24.13.0"),
        ("aws-neuronx-dkms", "2026-03-11", "2.24.7.0"),
    ):
        found = locked(catalog, request, **asked, as_of=day)
        assert (found.sdk, versions(found)) == ("2.26.1", {"aws-neuronx-dkms": driver})
    early = locked(catalog, "aws-neuronx-dkms", **asked, as_of="2026-03-11")
    reason = next(e for e in early.exclusions if e.version == "2.24.13.0")
    assert reason.rule.identifier == "NP204"
    assert "announce-correction-neuron-driver-support-inf1" in reason.source
    with pytest.raises(NoSolution):
        # A patch for Inf1 alone.
        locked(catalog, "aws-neuronx-dkms=2.24.13.0", instance="trn1", os="ubuntu22.04")
    # Its Pythons are out of support, and it has no others.
    inf1: dict[str, Any] = {"instance": "inf1", "python": "3.10", "phase": ("eos",)}
    whole = locked(catalog, **inf1)
    assert any("2.24.13.0" in warning for warning in whole.warnings)
    (last,) = [p for p in whole.packages if p.key.name == "aws-neuronx-dkms"]
    assert (last.version, last.sdk, whole.sdk) == ("2.24.13.0", "2.26.1", "2.32.0")
    inside = locked(catalog, **inf1, scope="container")
    assert "aws-neuronx-dkms" not in versions(inside)


def test_releases_that_exclude_each_other_are_named(run) -> None:
    asked = ("--sdk", "2.28.1", "--instance", "trn2", "--python", "3.12")
    done = run("lock", "--offline", "neuron-sdk<2.26", *asked)
    assert "neuron-sdk<2.26, neuron-sdk==2.28.1" in failure(done, NoSolution).message


def test_an_operating_system_is_judged_by_its_window(catalog: Catalog) -> None:
    early = {"instance": "trn1", "as_of": "2023-01-01"}
    assert "aws-neuronx-tools" in versions(locked(catalog, **early, os="ubuntu20.04"))
    target = {"instance": "trn1", "os": "ubuntu20.04", "python": "3.11"}
    with pytest.raises(NoSolution) as caught:
        locked(catalog, **target)
    assert "ubuntu20.04" in caught.value.message
    assert caught.value.causes[0].startswith("NP110: ubuntu20.04")
    assert "2025-05" in caught.value.causes[0]
    assert "ubuntu 22.04" in caught.value.hint
    assert "aws-neuronx-tools" in versions(locked(catalog, **target, phase=("eos",)))
    with pytest.raises(NoSolution, match="amzn2 "):
        locked(catalog, "aws-neuronx-tools", instance="trn1", os="amzn2")
    # The driver goes on there.
    assert versions(locked(catalog, "aws-neuronx-dkms", instance="trn1", os="amzn2"))


def test_rpm_targets_have_rpm_packages(catalog: Catalog) -> None:
    found = locked(catalog, "aws-neuronx-tools=2.*", instance="trn1", os="amzn2023")
    assert [str(p.key) for p in found.packages] == ["rpm:aws-neuronx-tools"]
    assert found.packages[0].pin.to_rpm() == "0:2.32.28.0-*"


def test_nothing_later_than_the_date_is_known(catalog: Catalog) -> None:
    for release in catalog.releases:
        if release.listed:
            found = locked(
                catalog,
                "neuronx-cc",
                instance="trn1",
                as_of=release.date.isoformat(),
                python=sorted(_compiler_pythons(catalog, release.sdk))[-1],
            )
            assert catalog.release(str(found.sdk)).date <= release.date


def _compiler_pythons(catalog: Catalog, sdk: str) -> frozenset[str]:
    return next(m.pythons for m in catalog.members(sdk) if m.package == "neuronx-cc")


def test_a_name_that_is_gone_says_what_replaced_it(catalog: Catalog) -> None:
    with pytest.raises(NoSolution) as caught:
        locked(catalog, "aws-neuron-dkms", instance="inf1")
    assert "aws-neuronx-dkms" in caught.value.hint
    assert "2022-11-23" in caught.value.message


def test_what_no_package_manager_installs_is_left_out_by_name(catalog: Catalog) -> None:
    found = locked(catalog, instance="trn2", python="3.12")
    reason = next(e for e in found.exclusions if e.key.name == "efa-installer")
    assert reason.rule.identifier == "NP503"
    assert all(
        catalog.packages[p.key.name].kind is not ComponentKind.NO_PACKAGE for p in found.packages
    )


def test_every_locked_version_lies_in_its_own_pin_at_every_strength(catalog: Catalog) -> None:
    for strength in ("exact", "minor", "major"):
        found = locked(catalog, instance="trn2", python="3.12", pin=strength)
        for package in found.packages:
            if not package.version.endswith("x"):
                assert package.pin.matches(package.version)
