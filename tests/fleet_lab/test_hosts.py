"""The hosts of the lab: the same for the same count, faults in their shares, in every class."""

from collections import Counter

import pytest

from fleet_lab.hosts import CLASSES, RELEASES, draw_hosts


@pytest.mark.parametrize(
    ("count", "unreachable", "refusing", "full"),
    [(1, 0, 0, 0), (9, 0, 0, 0), (10, 1, 1, 2), (20, 1, 1, 2), (100, 3, 2, 2), (1000, 30, 20, 10)],
)
def test_faults_have_their_shares(count: int, unreachable: int, refusing: int, full: int) -> None:
    hosts = draw_hosts(count)
    found = Counter(host.fault for host in hosts)
    assert (found["unreachable"], found["refusing"], found["full"] + found["low"]) == (
        unreachable,
        refusing,
        full,
    )
    assert len({host.name for host in hosts}) == count
    assert hosts == draw_hosts(count)


def test_the_canary_has_no_fault_and_no_network() -> None:
    for count in (1, 10, 20, 1000):
        assert draw_hosts(count)[0].fault is None
        assert draw_hosts(count)[0].address is None


def test_a_thousand_hosts_have_faults_in_most_classes() -> None:
    hosts = draw_hosts(1000)
    assert {host.of.name for host in hosts if host.fault is None} == {c.name for c in CLASSES}
    assert len({host.of.name for host in hosts if host.fault == "unreachable"}) > 5
    addresses = [host.address for host in hosts if host.address]
    assert len(addresses) == len(set(addresses)) == 20


def test_the_releases_are_those_of_the_catalog() -> None:
    import neuron_pin

    for sdk, packages in RELEASES.items():
        lock = neuron_pin.lock(
            sorted(packages), sdk=sdk, offline=True,
            target=neuron_pin.Target(instance="trn2", os="ubuntu24.04", python="3.12"),
        )  # fmt: skip
        assert {package.key.name: package.version for package in lock.packages} == packages
