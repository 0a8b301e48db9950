"""What a machine's apt knows: its sources in both styles, and the lists that it has fetched."""

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

from neuron_pin.audit.apt_view import view_packages
from neuron_pin.errors import SourceFailed, UnreadableInput, WrongUsage
from neuron_pin.inputs.host.apt_policy import PackageFile
from neuron_pin.inputs.host.apt_sandbox import AptFailed, Archive, has_apt, scratch_apt
from neuron_pin.sources.apt import parse_repository, repository
from neuron_pin.sources.apt.sources_list import read_apt_sources

NEURON = "apt.repos.neuron.amazonaws.com"


def machine(root: Path, **files: str) -> Path:
    folder = root / "etc/apt/sources.list.d"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        stem, _, extension = name.partition("_")
        path = root / "etc/apt/sources.list" if name == "main" else folder / f"{stem}.{extension}"
        path.write_text(text)
    return root


def test_both_styles_and_their_options(tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        main="# a comment\ndeb http://deb.debian.org/debian bookworm main contrib # why\n"
        "deb-src http://deb.debian.org/debian bookworm main\n",
        neuron_list=f"deb [signed-by=/k.gpg arch=arm64] https://{NEURON} jammy main\n",
        off_sources="Types: deb\nEnabled: no\nURIs: https://off.invalid\nSuites: x\nComponents: y\n",
        two_sources="# head\nTypes: deb deb-src\nURIs: https://a.invalid https://b.invalid/\n"
        "Suites: s1\n s2\nComponents: main\nSigned-By: /k.asc\n\n"
        "Types: deb\nURIs: https://flat.invalid\nSuites: ./\nSigned-By:\n"
        " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n",
        ignored_bak="nonsense\n",
    )
    found = read_apt_sources(str(root))
    rows = [(s.repository.url, s.repository.suite, s.repository.components) for s in found]
    assert rows == [
        ("http://deb.debian.org/debian", "bookworm", ("main", "contrib")),
        (f"https://{NEURON}", "jammy", ("main",)),
        ("https://a.invalid", "s1", ("main",)),
        ("https://a.invalid", "s2", ("main",)),
        ("https://b.invalid", "s1", ("main",)),
        ("https://b.invalid", "s2", ("main",)),
        ("https://flat.invalid", "./", ()),
    ]
    assert found[0].line == 2
    second = found[1].repository
    assert (second.architectures[0], second.trust.keyrings) == ("arm64", ("/k.gpg",))
    assert found[2].line == 2
    (key,) = found[-1].repository.trust.keys
    assert key.startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc")


# a file, its text, the line of the fault, what is said
FAULTY = [
    ("x_list", "\ndeb http://a.invalid\n", 2, "no repository"),
    ("x_list", "rpm http://a.invalid x y\n", 1, "type 'rpm' is not known"),
    ("x_list", "deb gopher://a.invalid x y\n", 1, "neither http"),
    ("x_sources", "Types: deb\nSuites: x\n", 1, "without Uris"),
    ("x_sources", "\n\nTypes: deb\nURIs: http://a.invalid\n", 3, "without Suites"),
    ("x_sources", "Types: deb\nnonsense\n", 2, "not a field"),
    ("x_sources", " indented\n", 1, "nothing before it"),
]


@pytest.mark.parametrize(("name", "text", "line", "told"), FAULTY)
def test_a_faulty_source_is_named(tmp_path: Path, name, text: str, line: int, told: str) -> None:
    with pytest.raises(UnreadableInput, match=told) as caught:
        read_apt_sources(str(machine(tmp_path, **{name: text})))
    assert caught.value.line == line


WANTED = frozenset({"aws-neuronx-tools"})
real_apt = pytest.mark.skipif(not has_apt(), reason="needs apt")


def archives() -> list[Archive]:
    own = {"aws-neuronx-tools": ["2.31.15.0-aa", "2.32.28.0-bb"], "aws-neuronx-dkms": ["2.30.2.0"]}
    evil = {"aws-neuronx-tools": ["2.32.28.0-evil", "9.9-evil"], "harmless": ["1.0"]}
    return [
        Archive(PackageFile(site=NEURON, archive="jammy"), own),
        Archive(PackageFile(site="evil.invalid", archive="stable"), evil),
    ]


@real_apt
@pytest.mark.apt
def test_the_lists_of_a_machine_are_found_by_apts_own_names() -> None:
    with scratch_apt(archives(), {}, {}) as apt:
        sources = read_apt_sources(apt.root)
        said = apt.run("apt-get", "indextargets", "--format", "$(FILENAME)").stdout.split()
        assert sorted(p for s in sources for p in s.repository.list_paths()) == sorted(said)
        versions = [p.version for p in sources[0].repository.read_cached(WANTED)]
    assert versions == ["2.31.15.0-aa", "2.32.28.0-bb"]


@real_apt
@pytest.mark.apt
@pytest.mark.parametrize(
    "uri",
    [
        "http://a.invalid/x_y~z/",
        "https://user:pw@b.invalid:8080/p/",
        "file:///r/e%20p_o",
        "http://c.invalid/x+y%7e",
    ],
)
def test_names_of_lists_are_apts(uri: str, tmp_path: Path) -> None:
    with scratch_apt([], {}, {"sources.list": f"deb [trusted=yes] {uri} su/ite main\n"}) as apt:
        done = apt.run("apt-get", "--print-uris", "update")
        rows = [line for line in done.stdout.splitlines() if "InRelease" in line]
        names = [line.rpartition("' ")[2].split()[0] for line in rows]
        (path,) = read_apt_sources(apt.root)[0].repository.list_paths()
    expected = names[0].replace("InRelease", "main_binary-amd64_Packages")
    assert Path(path).name == expected


@real_apt
@pytest.mark.apt
def test_a_lock_of_what_the_machine_knows_takes_neurons_own_repository(run) -> None:
    """Another repository of the same machine has the very version, and a higher one."""
    with scratch_apt(archives(), {}, {}) as apt:
        done = run("lock", "aws-neuronx-tools", "--apt-repo", f"host:{apt.root}", "--offline",
                   "--instance", "trn1", "--as-of", "2026-08-20", "--format", "json")  # fmt: skip
    assert done.code == 0, done.err
    document = json.loads(done.out)
    (package,) = document["packages"]
    assert (package["version"], document["sdk"]) == ("2.32.28.0-bb", "2.32.0")
    assert package["index"] == f"http://{NEURON}/0"
    decoys = {e["version"] for e in document["exclusions"] if e["rule"] == "NP401"}
    assert {"2.32.28.0-evil", "9.9-evil"} <= decoys


def test_packed_lists_and_damaged_ones(tmp_path: Path) -> None:
    root = machine(tmp_path, n_list=f"deb https://{NEURON} jammy main\n")
    (repository,) = [s.repository for s in read_apt_sources(str(root))]
    (path,) = repository.list_paths()
    Path(path).parent.mkdir(parents=True)
    assert repository.read_cached(WANTED) == []
    text = b"Package: aws-neuronx-tools\nVersion: 1.0\n\n"
    packed = Path(path + ".gz")
    packed.write_bytes(gzip.compress(text))
    assert [p.version for p in repository.read_cached(WANTED)] == ["1.0"]
    packed.write_bytes(b"no gzip")
    with pytest.raises(SourceFailed, match="cannot be unpacked"):
        repository.read_cached(WANTED)


STANZA = "Types: deb\nURIs: http://a.invalid/0\nSuites: s\nComponents: main\nTrusted: yes\n"
LINE = "http://a.invalid/0 s main\n"

# a source, the names that apt 3.1 and later reads from it, as apt 3.3 was found to
FILTERS = [
    ("sources", STANZA, "app lib libx"),
    ("sources", f"{STANZA}Exclude: lib\n", "app libx"),
    ("sources", f"{STANZA}exclude: lib app\n", "libx"),
    ("sources", f"{STANZA}Exclude: lib, app\n", "libx"),
    ("sources", f"{STANZA}Exclude: lib,app\n", "libx"),
    ("sources", f"{STANZA}Include: lib\n", "lib"),
    ("sources", f"{STANZA}Include: lib*\n", ""),
    ("sources", f"{STANZA}Include: src:lib\n", ""),
    ("sources", f"{STANZA}Exclude: lib*\n", "app lib libx"),
    ("sources", f"{STANZA}Exclude: LIB\n", "app lib libx"),
    ("sources", f"{STANZA}Exclude: lib:amd64\n", "app lib libx"),
    ("sources", f"{STANZA}Exclude:\n", "app lib libx"),
    ("sources", f"{STANZA}Include:\n", "app lib libx"),
    ("sources", f"{STANZA}Exclude-Add: lib\n", "app lib libx"),
    ("sources", f"{STANZA}Exclude: lib\tapp\n", "app lib libx"),
    ("sources", f"{STANZA}Exclude: lib\n app\n", "lib libx"),
    ("sources", f"{STANZA}Exclude: lib \n app\n", "libx"),
    ("sources", f"{STANZA}Exclude: lib,\n app\n", "libx"),
    ("sources", f"{STANZA}Exclude: lib libx\n\tapp\n", "app libx"),
    ("sources", f"{STANZA}Include:\n lib\n app\n", "app"),
    ("sources", f"{STANZA}Exclude: lib\nExclude: app\n", "lib libx"),
    ("sources", f"{STANZA}Exclude: lib\n\n{STANZA}", "app libx"),
    ("sources", f"{STANZA}\n{STANZA}Exclude: lib\n", "app lib libx"),
    ("sources", f"{STANZA}Include: lib\nExclude: app\n", None),
    ("sources", f"{STANZA}Include: lib\nExclude:\n", None),
    ("list", f"deb [trusted=yes exclude=lib] {LINE}", "app libx"),
    ("list", f"deb [ trusted=yes include=lib,app ] {LINE}", "app lib"),
    ("list", f"deb [exclude=lib trusted=yes exclude=app] {LINE}", "lib libx"),
    ("list", f"deb [trusted=yes exclude+=lib] {LINE}", "app lib libx"),
    ("list", f"deb [trusted=yes Exclude=lib] {LINE}", "app lib libx"),
    ("list", f"deb [trusted=yes exclude=lib include=app] {LINE}", None),
]  # fmt: skip
NAMES = ("app", "lib", "libx")


def filtered(root: str, style: str, text: str) -> str | None:
    """The names that our view of a machine has with that source; none where apt reads nothing."""
    Path(root, "etc/apt/sources.list").unlink()
    Path(root, f"etc/apt/sources.list.d/x.{style}").write_text(text)
    try:
        return " ".join(v.name for v in view_packages(root, NAMES) if v.candidate)
    except UnreadableInput as error:
        assert error.line == 1
        return None


@pytest.mark.parametrize(("style", "text", "names"), FILTERS)
@pytest.mark.parametrize("version", ["3.0.4", "3.1.0~rc1", "3.1.0", "3.3.5"])
def test_names_are_filtered_as_that_machines_apt_does(style, text, names, version: str) -> None:
    archive = Archive(PackageFile(site="a.invalid", archive="s"), {n: ["1.0"] for n in NAMES})
    with scratch_apt([archive], {"apt": version}, {}) as apt:
        obeys = version in ("3.1.0", "3.3.5")
        assert filtered(apt.root, style, text) == (names if obeys else "app lib libx")


@real_apt
@pytest.mark.apt
def test_names_are_filtered_as_real_apt_does() -> None:
    """Of whatever version the machine has: those before 3.1 obey nothing."""
    command = ["dpkg-query", "-W", "-f=${Version}", "apt"]
    version = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    archive = Archive(PackageFile(site="a.invalid", archive="s"), {n: ["1.0"] for n in NAMES})
    for style, text, _ in FILTERS:
        with scratch_apt([archive], {"apt": version}, {}) as apt:
            ours = filtered(apt.root, style, text)
            if ours is None:
                with pytest.raises(AptFailed, match="Both"):
                    apt.policy(NAMES)
                continue
            # apt warns of what is configured twice, so its exit code alone counts.
            done = apt.run("apt-cache", "policy", *NAMES)
            assert done.returncode == 0, done.stderr
            said = re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: 1.0$", done.stdout, re.M)
            assert ours == " ".join(said), text


def test_a_filter_of_a_repository_that_is_named() -> None:
    text = "deb [trusted=yes exclude=aws-neuronx-tools] http://a.invalid ./"
    assert repository.parse_repository(text).filter.select(WANTED) == frozenset()
    with pytest.raises(WrongUsage, match="both"):
        parse_repository("[include=a exclude=b] http://a.invalid ./")
