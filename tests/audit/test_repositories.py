"""The health of a machine's apt, with what can be wrong with it put in one by one."""

import json
import os
import shlex
import shutil
import time
from pathlib import Path

import pytest
from conftest import failure

from neuron_pin.errors import WrongUsage
from neuron_pin.inputs.host.apt_policy import PackageFile
from neuron_pin.inputs.host.apt_sandbox import Archive, scratch_apt
from neuron_pin.outputs.repositories import KEY_FINGERPRINT

NEURON = "apt.repos.neuron.amazonaws.com"
OWN = Archive(PackageFile(site=NEURON, archive="jammy"), {"aws-neuronx-tools": ["2.32.28.0-aa"]})
OTHER = Archive(PackageFile(site="deb.invalid", archive="stable"), {"harmless": ["1.0"]})
KEY = (
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEAAAAABYJKwYBBAHaRw8BAQdAAAAA\n"
    "-----END PGP PUBLIC KEY BLOCK-----\n"
)


def examine(run, root: str) -> list[tuple[str, str]]:
    done = run("doctor", "--root", root, "--format", "json")
    findings = json.loads(done.out)["findings"]
    errors = [f for f in findings if f["severity"] == "error"]
    assert done.code == (1 if errors else 0)
    assert all(f["remedy"] and f["place"] for f in findings)
    return [(f["rule"], f["reason"]) for f in findings]


def healthy(root: str) -> None:
    """Signed, with a key, on the right system."""
    path = Path(root, "etc/apt/sources.list")
    path.write_text(path.read_text().replace("[trusted=yes]", "[signed-by=/etc/k.asc]", 1))
    Path(root, "etc/k.asc").write_text(KEY)
    Path(root, "etc/os-release").write_text('ID=ubuntu\nVERSION_ID="22.04"\n')


def test_a_healthy_machine(run) -> None:
    with scratch_apt([OWN, OTHER], {}, {}) as apt:
        healthy(apt.root)
        assert examine(run, apt.root) == []
        assert run("doctor", "--root", apt.root).out.endswith("no findings\n")


def no_source(root: Path) -> None:
    (root / "etc/apt/sources.list").write_text("deb http://deb.invalid/1 stable main\n")


def test_the_family_of_an_enforced_lock_is_no_example(run) -> None:
    def remedy() -> str:
        found = json.loads(run("doctor", "--root", apt.root, "--format", "json").out)["findings"]
        return next(f["remedy"] for f in found if f["rule"] == "NP601")

    with scratch_apt([OTHER], {}, {}) as apt:
        Path(apt.root, "etc/os-release").write_text('ID=ubuntu\nVERSION_ID="22.04"\n')
        assert "# put your instance family" in remedy()
        words = ("--instance", "inf2", "--os", "ubuntu22.04", "--as-of", "2026-08-20")
        assert run("lock", "--offline", "aws-neuronx-tools", *words, "-o", "lock.json").code == 0
        assert run("hook", "install", "apt", "--lock", "lock.json", "--root", apt.root).code == 0
        assert "--instance inf2" in remedy()
        assert "#" not in remedy()


def unsigned(root: Path) -> None:
    path = root / "etc/apt/sources.list"
    path.write_text(path.read_text().replace("signed-by=/etc/k.asc", "trusted=yes", 1))


def no_key_named(root: Path) -> None:
    path = root / "etc/apt/sources.list"
    path.write_text(path.read_text().replace("[signed-by=/etc/k.asc] ", "", 1))


def twice(root: Path) -> None:
    path = root / "etc/apt/sources.list"
    (root / "etc/apt/sources.list.d/again.list").write_text(path.read_text().splitlines()[0])


def lists_of(root: Path) -> list[Path]:
    return [p for p in (root / "var/lib/apt/lists").iterdir() if NEURON in p.name]


def never_fetched(root: Path) -> None:
    for path in lists_of(root):
        path.unlink()


def stale(root: Path) -> None:
    for path in lists_of(root):
        os.utime(path, (0, time.time() - 40 * 86400))


def no_longer_valid(root: Path) -> None:
    for path in lists_of(root):
        if path.name.endswith("Release"):
            digest = "SHA256:\n " + "0" * 64 + " 1 x\n"
            path.write_text(f"Valid-Until: Thu, 01 Oct 2020 00:00:00 UTC\n{digest}")


def preferences(root: Path) -> None:
    (root / "etc/apt/preferences.d/a.pref").write_text("Package: x\nPin: release *\n")
    (root / "etc/apt/preferences.d/b.bak").write_text("x")


FAULTS = [
    (no_source, "NP601", f"no apt source names {NEURON}"),
    (lambda r: (r / "etc/os-release").write_text("ID=ubuntu\nVERSION_ID=24.04\n"), "NP601",
     "uses suite jammy, but this system is ubuntu24.04 (noble)"),
    (twice, "NP601", "is already configured in"),
    (lambda r: (r / "etc/apt/sources.list").write_text("dep x\n"), "NP601", "apt cannot read it"),
    (unsigned, "NP602", "signatures are not checked"),
    (no_key_named, "NP602", "no key is named"),
    (lambda r: (r / "etc/k.asc").unlink(), "NP602", "cannot be read"),
    (lambda r: (r / "etc/k.asc").write_text("no key"), "NP602", "holds no key"),
    (never_fetched, "NP603", "there is no package list for jammy"),
    (stale, "NP603", "its package lists are 40 days old"),
    (no_longer_valid, "NP603", "ended on 2020-10-01"),
    (preferences, "NP605", "no priority"),
    (preferences, "NP605", "does not read a file of this name"),
    (lambda r: (r / "etc/apt/preferences.d/a").write_text(
        "Package: x\nPin: release o=A,suite=b\nPin-Priority: 1\n"), "NP605", "drops 'suite=b'"),
    (lambda r: (r / "etc/apt/preferences.d/a").write_text(
        "Package: x\nPin: release a=one,a=two\nPin-Priority: 1\n"), "NP605", "takes the last"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "rule", "told"), FAULTS)
def test_each_fault_is_found(run, damage, rule: str, told: str) -> None:
    with scratch_apt([OWN, OTHER], {}, {}) as apt:
        healthy(apt.root)
        damage(Path(apt.root))
        found = examine(run, apt.root)
    assert [reason for r, reason in found if r == rule and told in reason], found


def test_a_key_is_looked_at_before_it_is_taken(run) -> None:
    with scratch_apt([OWN, OTHER], {}, {}) as apt:
        healthy(apt.root)
        key = Path(apt.root) / "etc/k.asc"
        key.write_text("no key")
        findings = json.loads(run("doctor", "--root", apt.root, "--format", "json").out)["findings"]
    (remedy,) = {f["remedy"] for f in findings if f["rule"] == "NP602"}
    fetch, _, rest = remedy.partition(" && ")
    check, _, take = rest.rpartition(" && ")
    assert fetch.endswith(f" -o {key}.new")
    assert check.endswith(f"= {KEY_FINGERPRINT}")
    assert take == f"sudo mv -f {key}.new {key}"


# what os-release and DMI say, and what of the printed command is an example
MACHINES = [
    ("ID=ubuntu\nVERSION_ID=22.04\n", "trn1.2xlarge", ""),
    ("ID=debian\nVERSION_ID=12\n", "", "your instance family for trn2"),
    ("", "", "your instance family for trn2 and your system for ubuntu24.04"),
]


@pytest.mark.parametrize(("system", "product", "examples"), MACHINES)
def test_the_command_for_a_missing_source_can_be_pasted(
    run, tmp_path: Path, system: str, product: str, examples: str
) -> None:
    (remedy,) = missing_source(run, tmp_path, system, product)
    command, _, comment = remedy.partition("  # put ")
    assert comment == examples
    words = shlex.split(command)
    assert words[:2] == ["sudo", "$(command -v neuron-pin)"]
    assert run(*words[2:], "-q").code == 0
    assert "URIs:" in Path(words[-1]).read_text()


def test_no_command_is_printed_where_no_neuron_repository_fits(run, tmp_path: Path) -> None:
    (remedy,) = missing_source(run, tmp_path, "ID=debian\nVERSION_ID=11\n", "")
    assert remedy.endswith("debian12, ubuntu26.04, ubuntu24.04, ubuntu22.04")


def test_whether_a_newer_system_has_a_repository_is_not_known(run, tmp_path: Path) -> None:
    (remedy,) = missing_source(run, tmp_path, "ID=ubuntu\nVERSION_ID=28.04\n", "")
    assert "--os ubuntu28.04" in remedy


def test_a_system_of_releases_to_come_needs_newer_facts_first(run, tmp_path: Path) -> None:
    """No release that is known in full is for it, so that no lock can be made yet."""
    (remedy,) = missing_source(run, tmp_path, "ID=ubuntu\nVERSION_ID=26.04\n", "")
    first, _, command = remedy.partition("; then: ")
    assert first.startswith("neuron-pin catalog update")
    words = shlex.split(command.partition("  # put ")[0])
    assert run(*words[2:], "-q").code != 0


def missing_source(run, root: Path, system: str, product: str) -> list[str]:
    """The remedies for a machine without Neuron's repository."""
    for name in ("etc/apt/sources.list.d", "sys/devices/virtual/dmi/id"):
        (root / name).mkdir(parents=True)
    (root / "etc/apt/sources.list").write_text("deb http://deb.invalid/1 stable main\n")
    (root / "etc/os-release").write_text(system)
    (root / "sys/devices/virtual/dmi/id/product_name").write_text(product)
    done = run("doctor", "--root", root, "--format", "json")
    found = json.loads(done.out)["findings"]
    return [row["remedy"] for row in found if row["subject"] == "Neuron repository"]


def test_doctor_names_what_is_newer_than_the_facts(run, tmp_path: Path) -> None:
    for path, text in {
        "etc/os-release": "ID=ubuntu\nVERSION_ID=28.04\n",
        "etc/apt/sources.list": "deb http://deb.invalid/1 stable main\n",
        "sys/module/neuron/version": "2.99.2.0\n",
        "proc/sys/kernel/osrelease": "7.4.0-1-aws\n",
        "var/lib/dpkg/status": "Package: aws-neuronx-dkms\nStatus: install ok installed\n"
        "Version: 2.99.1.0\n\n"
        "Package: aws-neuronx-observer\nStatus: install ok installed\nVersion: 1.2-1\n\n"
        "Package: python3-neuron\nStatus: install ok installed\nVersion: 8.2-1\n\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    done = run("doctor", "--root", tmp_path, "--format", "json")
    rows = [row for row in json.loads(done.out)["findings"] if row["rule"] == "NP510"]
    assert {row["severity"] for row in rows} == {"warning"}
    assert [row["subject"] for row in rows] == [
        "ubuntu28.04", "aws-neuronx-dkms 2.99.1.0", "aws-neuronx-observer 1.2-1", "driver 2.99.2.0", "kernel 7.4.0-1-aws"
    ]  # fmt: skip


@pytest.mark.parametrize("option", ["--root", "--image"])
def test_an_image_needs_no_lists(run, option: str) -> None:
    with scratch_apt([OWN, OTHER], {"aws-neuronx-tools": "2.32.28.0-aa"}, {}) as apt:
        healthy(apt.root)
        for path in Path(apt.root, "var/lib/apt/lists").iterdir():
            if path.is_file():
                path.unlink()
        check = ("check", option, apt.root, "--as-of", "2026-08-20", "--format", "json")
        rules = [f["rule"] for f in json.loads(run(*check).out)["findings"]]
        assert "NP603" not in rules
        assert "NP603" not in [rule for rule, _ in examine(run, apt.root)]
        # Where something runs, apt should know its packages.
        Path(apt.root, "proc/1").mkdir(parents=True)
        assert "NP603" in [rule for rule, _ in examine(run, apt.root)]


def test_an_image_may_have_old_lists(run) -> None:
    with scratch_apt([OWN, OTHER], {"aws-neuronx-tools": "2.32.28.0-aa"}, {}) as apt:
        healthy(apt.root)
        stale(Path(apt.root))
        check = ("check", "--image", apt.root, "--as-of", "2026-08-20", "--format", "json")
        assert "NP603" not in [f["rule"] for f in json.loads(run(*check).out)["findings"]]


def test_a_decoy_in_another_repository_is_named(run) -> None:
    evil = Archive(
        PackageFile(site="evil.invalid", archive="stable"), {"aws-neuronx-tools": ["9.9-evil"]}
    )
    with scratch_apt([OWN, evil], {}, {}) as apt:
        healthy(apt.root)
        assert examine(run, apt.root) == [
            ("NP604", "http://evil.invalid/1 offers a package of this name too: 9.9-evil")
        ]


def test_a_decoy_that_apt_never_takes_is_no_finding(run) -> None:
    evil = Archive(
        PackageFile(site="evil.invalid", archive="stable"), {"aws-neuronx-tools": ["9.9-evil"]}
    )
    text = f'Package: *\nPin: origin "{evil.file.site}"\nPin-Priority: -1\n'
    with scratch_apt([OWN, evil], {}, {"preferences.d/a": text}) as apt:
        healthy(apt.root)
        assert examine(run, apt.root) == []


def rebuilt(letter: str, more: str = "") -> dict[tuple[str, str], str]:
    """The file of the tools that an archive has, of its own."""
    fields = f"{more}Filename: pool/{letter}.deb\nSize: 1\nSHA256: {letter * 64}\n"
    return {("aws-neuronx-tools", "2.32.28.0-aa"): fields}


@pytest.mark.parametrize(("version", "told"), [("3.0.4", "takes that one"), ("2.6.1", "for one")])
def test_one_version_in_two_archives(run, version: str, told: str) -> None:
    """By the apt that dpkg has there: before 2.7.3 it takes no notice of hashes."""
    evil = Archive(PackageFile(site="evil.invalid", archive="stable"), OWN.versions, rebuilt("a"))
    text = 'Package: *\nPin: origin "evil.invalid"\nPin-Priority: -1\n'
    own = OWN._replace(builds=rebuilt("b"))
    with scratch_apt([evil, own], {"apt": version}, {"preferences.d/a": text}) as apt:
        healthy(apt.root)
        found = dict(examine(run, apt.root))
    assert told in found["NP615"]


@pytest.mark.parametrize(
    ("version", "option", "told"),
    [
        ("3.0.4", "exclude=aws-neuronx-tools", ["ignores Exclude"]),
        ("3.0.4", "include=aws-*", ["ignores Include", "no patterns"]),
        ("3.3.5", "exclude=aws-*", ["no patterns"]),
        ("3.3.5", "exclude=aws-neuronx-tools", []),
    ],
)
def test_a_filter_of_names_that_does_nothing(run, version: str, option: str, told) -> None:
    with scratch_apt([OWN, OTHER], {"apt": version}, {}) as apt:
        healthy(apt.root)
        path = Path(apt.root, "etc/apt/sources.list")
        path.write_text(path.read_text().replace("[trusted=yes]", f"[trusted=yes {option}]"))
        found = examine(run, apt.root)
    assert [rule for rule, _ in found] == ["NP601"] * len(told)
    assert all(words in reason for words, (_, reason) in zip(told, found, strict=True))


def test_an_update_for_a_share_of_machines(run) -> None:
    own = OWN._replace(builds=rebuilt("b", "Phased-Update-Percentage: 20\n"))
    installed = {"aws-neuronx-tools": "2.1-1"}
    with scratch_apt([own], installed, {}) as apt:
        healthy(apt.root)
        found = dict(examine(run, apt.root))
    assert "20 % of machines" in found["NP616"]


@pytest.mark.skipif(shutil.which("gpg") is None, reason="needs gpg")
@pytest.mark.parametrize(
    ("expires", "told"), [("2020-06-01", "the key ended on 2020-06-0"), ("10d", "the key ends on")]
)
def test_a_key_that_has_ended_or_will_soon(run, expires: str, told: str) -> None:
    import subprocess
    import tempfile

    home = tempfile.mkdtemp(prefix="np-gpg-")
    gpg = ["gpg", "--batch", "--quiet", "--homedir", home, "--pinentry-mode", "loopback",
           "--passphrase", ""]  # fmt: skip
    past = ["--faked-system-time", "20200101T000000!"] if expires.startswith("2020") else []
    try:
        subprocess.run(
            [*gpg, *past, "--quick-gen-key", "n <n@test.invalid>", "ed25519", "sign", expires],
            check=True, capture_output=True,
        )  # fmt: skip
        key = subprocess.run([*gpg, "--armor", "--export"], check=True, capture_output=True).stdout
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)
    with scratch_apt([OWN], {}, {}) as apt:
        healthy(apt.root)
        Path(apt.root, "etc/k.asc").write_bytes(key)
        (found,) = examine(run, apt.root)
    assert (found[0], told in found[1]) == ("NP602", True)


def test_a_machine_without_apt_is_no_subject(run, tmp_path: Path) -> None:
    done = run("doctor", "--root", tmp_path)
    assert str(tmp_path / "etc/apt") in failure(done, WrongUsage).message
