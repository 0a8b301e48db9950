# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

# The folder that has ansible_collections.
COLLECTIONS = os.path.abspath(__file__).partition("/ansible_collections/")[0]
PROGRAM = os.path.join(COLLECTIONS, "ansible_collections/neuron_pin/neuron/files/neuron-pin.pyz")
CONFIG = """[defaults]
inventory = hosts.ini
fact_caching = jsonfile
fact_caching_connection = facts
localhost_warning = false
"""


@pytest.fixture
def folder(tmp_path):
    """Where playbooks are run: facts of one host are known, and it cannot be reached."""
    gone = tmp_path / "gone"
    gone.write_text("#!/bin/sh\nexit 255\n")
    gone.chmod(0o755)
    (tmp_path / "ansible.cfg").write_text(CONFIG)
    (tmp_path / "hosts.ini").write_text(
        "[neuron]\nlost ansible_connection=ssh ansible_ssh_executable=%s\n" % gone
    )
    (tmp_path / "facts").mkdir()
    (tmp_path / "root/etc").mkdir(parents=True)
    words = [sys.executable, "-I", PROGRAM, "fleet", "facts", "--root", str(tmp_path / "root")]
    known = json.loads(subprocess.check_output(words))
    (tmp_path / "facts/lost").write_text(json.dumps({"neuron_pin": known}))
    return tmp_path


def list_facts(folder):
    """The files with facts; newer versions of Ansible keep some of localhost, whatever is played."""
    names = sorted(os.listdir(str(folder / "facts")))
    return [name for name in names if not name.endswith("localhost")]


@pytest.fixture
def play(folder):
    """Run the playbook with words; gives the exit code and what it said."""

    def run(*words):
        # ansible-test has settings of its own, such as an empty inventory.
        kept = {name: os.environ[name] for name in os.environ if not name.startswith("ANSIBLE_")}
        environ = dict(
            kept,
            ANSIBLE_COLLECTIONS_PATH=COLLECTIONS,
            ANSIBLE_CONFIG=str(folder / "ansible.cfg"),
            ANSIBLE_HOME=str(folder / "home"),
            ANSIBLE_NOCOLOR="1",
        )
        words = [sys.executable, "-m", "ansible.cli.playbook", "neuron_pin.neuron.report", *words]
        done = subprocess.run(
            words, cwd=str(folder), env=environ, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize("hosts", ["neuron", "all:!localhost", "all:&neuron", "lost,other"])
def test_hosts_that_cannot_be_reached_are_reported_by_what_was_known(play, folder, hosts):
    code, said = play("-e", "neuron_pin_hosts=" + hosts)
    assert code == 4 and "unreachable=1" in said, said
    assert "lost" in (folder / "fleet.html").read_text()


def test_without_hosts_there_is_a_report_on_what_was_known(play, folder):
    code, said = play("-e", "neuron_pin_hosts=nobody")
    assert code == 0 and "Could not match supplied host pattern, ignoring: nobody" in said, said
    assert (folder / "fleet.html").exists()


def test_localhost_is_gathered_from_where_it_is_named(play, folder):
    with (folder / "hosts.ini").open("a") as stream:
        stream.write("localhost ansible_connection=ssh ansible_ssh_executable=%s/gone\n" % folder)
    said = play("-e", "neuron_pin_hosts=lost")[1]
    assert said.count("unreachable=1") == 1, said
    said = play("-e", "neuron_pin_hosts=lost,localhost")[1]
    assert said.count("unreachable=1") == 2, said


def test_a_lock_that_cannot_be_read_is_named_and_left_out(play, folder):
    (folder / "locks").mkdir()
    (folder / "locks/trunc.json").write_text('{"schema_')
    code, said = play("-e", "neuron_pin_gather=false")
    assert code == 2 and "trunc.json" in said, said
    assert (folder / "fleet.html").exists()


def test_check_mode_looks_and_does_not_write(play, folder):
    code, said = play("-e", "neuron_pin_gather=false", "--check")
    assert code == 0 and "It was not written" in said, said
    (folder / "facts/lost").write_text("{")
    code, said = play("-e", "neuron_pin_gather=false", "--check")
    assert code == 2 and "no host has an error" not in said, said
    assert not (folder / "fleet.html").exists()
    assert list_facts(folder) == ["lost"]


@pytest.mark.parametrize("before", ["facts", "facts/before", ".", "facts/../facts/x/y"])
def test_the_facts_of_before_are_kept_apart(play, folder, before):
    code, said = play("-e", "neuron_pin_before=" + before)
    assert code == 2 and "Name another folder" in said, said
    assert list_facts(folder) == ["lost"]


def test_the_facts_of_before_are_kept(play, folder):
    for _each in range(2):
        play("-e", "neuron_pin_before=facts-before")
    assert (folder / "facts-before/lost").exists()
