"""Keys that gpgv takes and sqv does not: what doctor says, beside real sqv."""

import calendar
import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from conftest import Run

from neuron_pin.audit.key_packets import find_signers, read_certificates
from neuron_pin.audit.key_policy import ENDED, find_key_problem
from neuron_pin.errors import SourceFailed
from neuron_pin.gpgv import BadSignature, Signed
from neuron_pin.inputs.host.apt_policy import PackageFile
from neuron_pin.inputs.host.apt_sandbox import Archive, scratch_apt
from neuron_pin.sources.apt.repository import parse_repository
from neuron_pin.sources.http.client import Fetcher
from neuron_pin.sqv import POLICIES, PROGRAMS, uses_sqv, verify_by_sqv

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
    "rsa1024 under ed25519": (
        ("ed25519", "+", "rsa1024"),
        "the subkey that signs is of RSA-1024, refused since 2014-02-01",
    ),
    "rsa3072 under rsa1024": (
        ("rsa1024", "+", "rsa3072"),
        "it is of RSA-1024, refused since 2014-02-01",
    ),
    "rsa3072 under ed25519": (("ed25519", "+", "rsa3072"), ""),
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

    def __init__(self, gpg: list[str], keys: Mapping[str, bytes]) -> None:
        self.gpg, self.keys = gpg, keys
        self.signed = {name: self.sign(TEXT, name) for name in keys}

    def sign(self, text: bytes, name: str) -> bytes:
        command = [*self.gpg, "--digest-algo", "SHA512", "-u", user_of(name), "--clearsign"]
        return subprocess.run(command, input=text, check=True, capture_output=True).stdout


def user_of(name: str) -> str:
    return f"{name.replace(' ', '-')}@test.invalid"


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    home = tempfile.mkdtemp(prefix="np-gpg-")
    gpg = ["gpg", "--batch", "--quiet", "--homedir", home, "--pinentry-mode", "loopback",
           "--passphrase", ""]  # fmt: skip
    keys = {}
    try:
        for name, ((algorithm, *options), _) in KEYS.items():
            subkey = options[1:] if options[:1] == ["+"] else []
            options = [] if subkey else options
            usage = "cert" if subkey else "sign"
            words = ["--quick-gen-key", user_of(name), algorithm, usage, "never"]
            command = [*gpg, *options, *words]
            subprocess.run(command, check=True, capture_output=True)
            for each in subkey:
                listed = [*gpg, "--list-keys", "--with-colons", user_of(name)]
                rows = subprocess.run(listed, check=True, capture_output=True, text=True).stdout
                identity = next(r.split(":")[9] for r in rows.split("\n") if r[:4] == "fpr:")
                command = [*gpg, "--quick-add-key", identity, each, "sign", "never"]
                subprocess.run(command, check=True, capture_output=True)
            command = [*gpg, "--export", user_of(name)]
            keys[name] = subprocess.run(command, check=True, capture_output=True).stdout
        yield Made(gpg, keys)
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize("name", KEYS)
def test_what_is_wrong_with_a_key(made: Made, name: str) -> None:
    assert find_key_problem(made.keys[name], ENDED, NOW) == KEYS[name][1]


def test_one_good_key_of_a_keyring_is_enough(made: Made) -> None:
    assert find_key_problem(made.keys["sha1"] + made.keys["ed25519"], ENDED, NOW) == ""
    assert find_key_problem(made.keys["sha1"] + made.keys["rsa1024"], ENDED, NOW)


def test_of_several_keys_the_one_that_signed_counts(made: Made) -> None:
    """A keyring has old keys beside the one that is used."""
    keyring = made.keys["rsa1024"] + made.keys["ed25519"] + made.keys["rsa1024 under ed25519"]
    assert find_key_problem(keyring, ENDED, NOW) == ""
    for name in ("rsa1024", "ed25519", "rsa1024 under ed25519"):
        signers = find_signers(made.signed[name])
        assert len(signers) == 1
        assert find_key_problem(keyring, ENDED, NOW, signers) == KEYS[name][1], name
    # What another key signed says nothing of these.
    assert find_key_problem(keyring, ENDED, NOW, find_signers(made.signed["dsa2048"])) == ""


def test_doctor_judges_the_key_that_signed_the_lists(run: Run, made: Made) -> None:
    keyring = made.keys["rsa1024"] + made.keys["ed25519"]
    for name, severities in (("ed25519", []), ("rsa1024", ["error"])):
        found = examined(run, keyring, sqv=True, signed=made.sign(b"Suite: jammy\n", name))
        assert [row["severity"] for row in found] == severities


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
    run: Run,
    key: bytes,
    *,
    sqv: bool,
    policy: str = "",
    version: str = "3.0.4",
    signed: bytes = b"",
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
        files = dict.fromkeys(PROGRAMS if sqv else (), "") | (
            {POLICIES[0]: policy} if policy else {}
        )
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        if signed:
            (release,) = root.glob("var/lib/apt/lists/*Release")
            release.rename(
                release.with_name("{}_InRelease".format(release.name.rpartition("_")[0]))
            )
            next(root.glob("var/lib/apt/lists/*InRelease")).write_bytes(signed)
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


real_sqv = pytest.mark.skipif(not uses_sqv(), reason="needs an apt that asks sqv")


@real_sqv
@pytest.mark.parametrize("name", KEYS)
def test_real_sqv_says_the_same(made: Made, name: str) -> None:
    """With apt's own policy, as of today."""
    key, signed = made.keys[name], made.signed[name]
    if not KEYS[name][1]:
        assert verify_by_sqv(signed, [key]).text.strip() == TEXT.strip()
        return
    with pytest.raises(BadSignature, match="not considered secure") as caught:
        verify_by_sqv(signed, [key])
    assert caught.value.is_weak_key


def read(folder: Path, made: Made, name: str) -> list[str]:
    """The tools that a repository has, signed by a key."""
    suite = folder / "repo/dists/jammy"
    (suite / "main/binary-amd64").mkdir(parents=True)
    index = b"Package: aws-neuronx-tools\nVersion: 2.10.1.0-b\nFilename: pool/b.deb\n\n"
    (suite / "main/binary-amd64/Packages").write_bytes(index)
    digest = hashlib.sha256(index).hexdigest()
    text = f"Suite: jammy\nSHA256:\n {digest} {len(index)} main/binary-amd64/Packages\n"
    (suite / "InRelease").write_bytes(made.sign(text.encode(), name))
    (folder / "key").write_bytes(made.keys[name])
    repository = parse_repository(
        f"deb [signed-by={folder}/key] {(folder / 'repo').as_uri()} jammy main"
    )
    found = repository.fetch_packages(
        Fetcher(str(folder / "cache")), frozenset({"aws-neuronx-tools"})
    )
    return [package.version for package in found]


def test_a_repository_is_verified_as_this_machines_apt_does(made: Made, tmp_path: Path) -> None:
    assert read(tmp_path / "good", made, "rsa2048") == ["2.10.1.0-b"]
    if uses_sqv():
        with pytest.raises(SourceFailed, match="RSA1024") as caught:
            read(tmp_path / "weak", made, "rsa1024")
        assert "renew the key" in caught.value.hint
    else:
        assert read(tmp_path / "weak", made, "rsa1024") == ["2.10.1.0-b"]


@real_sqv
def test_gpgv_need_not_be_installed_then(made: Made, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("neuron_pin.gpgv.has_gpgv", lambda: False)
    assert read(tmp_path / "good", made, "ed25519") == ["2.10.1.0-b"]
    with pytest.raises(SourceFailed, match="SHA1"):
        read(tmp_path / "weak", made, "sha1")


def test_what_sqv_refuses_counts_where_apt_asks_it(made: Made, monkeypatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> Signed:
        raise BadSignature("refuses it")

    monkeypatch.setattr("neuron_pin.sqv.uses_sqv", lambda: True)
    monkeypatch.setattr("neuron_pin.sqv.verify_by_sqv", refuse)
    with pytest.raises(SourceFailed, match="refuses it"):
        read(tmp_path / "refused", made, "ed25519")
    other = Signed(b"", ("A" * 40,))
    monkeypatch.setattr("neuron_pin.sqv.verify_by_sqv", lambda *_, **__: other)
    with pytest.raises(SourceFailed, match="different keys"):
        read(tmp_path / "other", made, "ed25519")


# what sqv ends with and says, and whether the signature, or the key, is too weak
SAID = [
    (0, "", "", (False, False)),
    (1, "", "Message has been manipulated", (False, False)),
    (1, "", "Signing key on X is not bound:\n because: RSA1024 is not considered secure", (False, True)),
    (1, "", "Policy rejected: SHA1 is not considered secure since 2013", (True, False)),
    (1, "A" * 40, "x\n\nStack backtrace:\n 0: y", (False, False)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "out", "error", "weak"), SAID)
def test_what_sqv_refuses_is_refused(made: Made, monkeypatch, code, out, error, weak) -> None:
    done = subprocess.CompletedProcess([], code, out.encode(), error.encode())
    monkeypatch.setattr("neuron_pin.sqv.subprocess.run", lambda *_, **__: done)
    with pytest.raises(BadSignature, match="refuses it") as caught:
        verify_by_sqv(b"x", [made.keys["rsa2048"]], detached=b"y")
    assert (caught.value.is_weak, caught.value.is_weak_key) == weak
    assert "backtrace" not in str(caught.value)
