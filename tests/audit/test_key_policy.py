"""Keys that gpgv takes and sqv does not: what doctor says, beside real sqv."""

import calendar
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from conftest import Run

from neuron_pin.audit.key_policy import (
    ENDED,
    POLICIES,
    SQV,
    find_key_problem,
    read_certificates,
    uses_sqv,
)
from neuron_pin.inputs.host.apt_policy import PackageFile
from neuron_pin.inputs.host.apt_sandbox import Archive, scratch_apt

pytestmark = pytest.mark.skipif(shutil.which("gpg") is None, reason="needs gpg")

# a key: what gpg makes it of, what is wrong with it
KEYS = {
    "rsa1024": (("rsa1024",), "it is of RSA-1024, refused since 2014-02-01"),
    "rsa1536": (("rsa1536",), "it is of RSA-1024, refused since 2014-02-01"),
    "rsa2048": (("rsa2048",), ""),
    "rsa3000": (("rsa3000",), ""),
    "dsa2048": (("dsa2048",), "it is of DSA-2048, refused since 2024-02-01"),
    "ed25519": (("ed25519",), ""),
    "nistp256": (("nistp256",), ""),
    "sha1": (
        ("rsa2048", "--cert-digest-algo", "SHA1"),
        "its signature on itself is made with SHA-1, refused since 2026-02-01",
    ),
    "sha224": (
        ("rsa2048", "--cert-digest-algo", "SHA224"),
        "its signature on itself is made with SHA-224, refused since 2026-02-01",
    ),
}
NOW = float(calendar.timegm((2026, 8, 20, 0, 0, 0)))
TEXT = b"Origin: AWS Neuron\n"


class Made:
    """The keys of `KEYS`, and a text that each has signed, with SHA-512."""

    def __init__(self, keys: Mapping[str, bytes], signed: Mapping[str, bytes]) -> None:
        self.keys, self.signed = keys, signed


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    home = tempfile.mkdtemp(prefix="np-gpg-")
    gpg = ["gpg", "--batch", "--quiet", "--homedir", home, "--pinentry-mode", "loopback",
           "--passphrase", ""]  # fmt: skip
    keys, signed = {}, {}
    try:
        for name, ((algorithm, *options), _) in KEYS.items():
            user = f"{name}@test.invalid"
            command = [*gpg, *options, "--quick-gen-key", user, algorithm, "sign", "never"]
            subprocess.run(command, check=True, capture_output=True)
            command = [*gpg, "--export", user]
            keys[name] = subprocess.run(command, check=True, capture_output=True).stdout
            command = [*gpg, "--digest-algo", "SHA512", "-u", user, "--clearsign"]
            done = subprocess.run(command, input=TEXT, check=True, capture_output=True)
            signed[name] = done.stdout
        yield Made(keys, signed)
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize("name", KEYS)
def test_what_is_wrong_with_a_key(made: Made, name: str) -> None:
    assert find_key_problem(made.keys[name], ENDED, NOW) == KEYS[name][1]


def test_one_good_key_of_a_keyring_is_enough(made: Made) -> None:
    assert find_key_problem(made.keys["sha1"] + made.keys["ed25519"], ENDED, NOW) == ""
    assert find_key_problem(made.keys["sha1"] + made.keys["rsa1024"], ENDED, NOW)


def test_before_its_day_an_algorithm_is_taken(made: Made) -> None:
    assert find_key_problem(made.keys["sha1"], ENDED, NOW - 365 * 86400.0) == ""
    assert find_key_problem(made.keys["sha1"], {**ENDED, "sha1": "9999"}, NOW) == ""


def test_what_is_cut_off_or_no_key_says_nothing(made: Made) -> None:
    whole = made.keys["rsa2048"]
    for end in range(len(whole)):
        assert len(read_certificates(whole[:end])) <= 1
        assert find_key_problem(whole[:end], ENDED, NOW) == ""
    for data in (b"", b"\x80", b"\xff" * 50, b"\xc6\xff\xff\xff\xff\xff", b"text"):
        assert find_key_problem(data, ENDED, NOW) == ""


def examined(
    run: Run, key: bytes, *, sqv: bool, policy: str = "", version: str = "3.0.4"
) -> list[dict[str, str]]:
    """What doctor says of the key on a machine whose apt asks sqv, or does not."""
    site = "apt.repos.neuron.amazonaws.com"
    own = Archive(PackageFile(site=site, archive="jammy"), {"aws-neuronx-tools": ["2.32.28.0-aa"]})
    with scratch_apt([own], {"apt": version}, {}) as apt:
        root = Path(apt.root)
        path = root / "etc/apt/sources.list"
        path.write_text(path.read_text().replace("trusted=yes", "signed-by=/etc/k.gpg"))
        (root / "etc/k.gpg").write_bytes(key)
        (root / "etc/os-release").write_text('ID=ubuntu\nVERSION_ID="22.04"\n')
        files = dict.fromkeys(SQV if sqv else (), "") | ({POLICIES[0]: policy} if policy else {})
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        done = run("doctor", "--root", root, "--format", "json")
    found: list[dict[str, str]] = json.loads(done.out)["findings"]
    assert all(row["rule"] == "NP602" for row in found)
    return found


def test_doctor_says_where_a_key_works(run: Run, made: Made) -> None:
    assert examined(run, made.keys["rsa2048"], sqv=True) == []
    assert examined(run, made.keys["ed25519"], sqv=False) == []
    for sqv, severity in ((True, "error"), (False, "warning")):
        (found,) = examined(run, made.keys["rsa1024"], sqv=sqv)
        assert (found["severity"], "RSA-1024" in found["reason"]) == (severity, True)


def test_the_policy_of_the_machine_counts(run: Run, made: Made) -> None:
    later = '[asymmetric_algorithms]\nrsa1024 = "always"\n'
    assert examined(run, made.keys["rsa1024"], sqv=True, policy=later) == []
    (found,) = examined(run, made.keys["rsa1024"], sqv=True, policy="nonsense [")
    assert "cannot be read" in found["reason"]
    never = '[asymmetric_algorithms]\nrsa2048 = "never"\n'
    (found,) = examined(run, made.keys["rsa2048"], sqv=True, policy=never)
    assert "RSA-2048" in found["reason"]


@pytest.mark.skipif(not uses_sqv("/"), reason="needs an apt that asks sqv")
@pytest.mark.parametrize("name", KEYS)
def test_real_sqv_says_the_same(made: Made, name: str, tmp_path: Path) -> None:
    """With apt's own policy, as of today."""
    (tmp_path / "key").write_bytes(made.keys[name])
    (tmp_path / "in").write_bytes(made.signed[name])
    command = ["sqv", "--keyring", str(tmp_path / "key"), "--cleartext", str(tmp_path / "in"),
               "--output", str(tmp_path / "out")]  # fmt: skip
    policy = {"SEQUOIA_CRYPTO_POLICY": f"/{POLICIES[-1]}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=policy, capture_output=True, check=False)
    assert (done.returncode == 0) == (KEYS[name][1] == ""), done.stderr
