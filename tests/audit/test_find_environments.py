"""Every place where Python packages are installed is found and read, in folders and in images."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from neuron_pin.inputs.host import environments
from neuron_pin.inputs.host.distributions import read_conda_name, read_metadata_name
from neuron_pin.inputs.host.environments import find_environments

AS_OF = ("--as-of", "2026-08-20")
ENDED = "2.5.1.2.4.0"
"""A version of torch-neuronx whose support has ended."""


def metadata(name: str = "torch-neuronx", version: str = ENDED) -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n"


def dist_info(site: Path) -> None:
    info = site / f"torch_neuronx-{ENDED}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(metadata())
    (info / "RECORD").write_text("torch_neuronx/__init__.py,,\n")


def egg_info_folder(site: Path) -> None:
    info = site / f"torch_neuronx-{ENDED}-py3.10.egg-info"
    info.mkdir(parents=True)
    (info / "PKG-INFO").write_text(metadata())


def egg_info_without_version(site: Path) -> None:
    info = site / "torch_neuronx.egg-info"
    info.mkdir(parents=True)
    (info / "PKG-INFO").write_text(metadata())


def egg_info_file(site: Path) -> None:
    site.mkdir(parents=True)
    (site / f"torch_neuronx-{ENDED}-py3.10.egg-info").write_text(metadata())


def egg_folder(site: Path) -> None:
    info = site / f"torch_neuronx-{ENDED}-py3.10.egg/EGG-INFO"
    info.mkdir(parents=True)
    (info / "PKG-INFO").write_text(metadata())


def egg_file(site: Path) -> None:
    site.mkdir(parents=True)
    with zipfile.ZipFile(site / f"torch_neuronx-{ENDED}-py3.10-linux-x86_64.egg", "w") as archive:
        archive.writestr("EGG-INFO/PKG-INFO", metadata())


def conda_record(site: Path) -> None:
    folder = site.parents[2] / "conda-meta"
    folder.mkdir(parents=True)
    (folder / f"torch-neuronx-{ENDED}-py310_0.json").write_text("{}")


FORMS = (dist_info, egg_info_folder, egg_info_without_version, egg_info_file, egg_folder, egg_file,
         conda_record)  # fmt: skip

# where the packages are, and the place that the finding names
PLACES = [
    ("opt/aws_neuronx_venv_pytorch/lib/python3.10/site-packages", "opt/aws_neuronx_venv_pytorch"),
    ("opt/conda/lib/python3.10/site-packages", "opt/conda"),
    ("opt/conda/envs/serving/lib/python3.10/site-packages", "opt/conda/envs/serving"),
    ("home/user/.venv/lib64/python3.10/site-packages", "home/user/.venv"),
    ("srv/app/env/lib/python3.10/site-packages", "srv/app/env"),
    ("usr/local/lib/python3.10/dist-packages", "usr/local/lib/python3.10/dist-packages"),
    ("usr/lib/python3/dist-packages", "usr/lib/python3/dist-packages"),
    ("home/user/.local/lib/python3.10/site-packages", "home/user/.local"),
    ("var/task/vendor", "var/task/vendor"),
]


def make_root(root: Path) -> Path:
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_text('ID=ubuntu\nVERSION_ID="22.04"\n')
    return root


def ended(done) -> list[tuple[str, str]]:
    rows = json.loads(done.out)["findings"]
    return [(row["subject"], row["place"]) for row in rows if row["rule"] == "NP201"]


@pytest.mark.parametrize(("site", "place"), PLACES)
def test_an_environment_is_found_wherever_it_is(run, tmp_path: Path, site: str, place: str) -> None:
    root = make_root(tmp_path / "root")
    dist_info(root / site)
    done = run("check", "--root", root, *AS_OF, "--format", "json")
    assert ended(done) == [(f"torch-neuronx {ENDED}", str(root / place))]
    done = run("check", "--image", root, *AS_OF, "--format", "json")
    assert ended(done) == [(f"torch-neuronx {ENDED}", f"{root}!/{place}")]


@pytest.mark.parametrize("write", FORMS, ids=lambda form: form.__name__)
def test_every_kind_of_metadata_is_read(run, tmp_path: Path, write: Callable[[Path], None]) -> None:
    root = make_root(tmp_path / "root")
    write(root / "opt/conda/lib/python3.10/site-packages")
    expected = f"torch-neuronx {ENDED}"
    done = run("check", "--root", root, *AS_OF, "--format", "json")
    assert ended(done) == [(expected, str(root / "opt/conda"))]
    done = run("check", "--venv", root / "opt/conda", *AS_OF, "--format", "json")
    assert ended(done) == [(expected, str(root / "opt/conda"))]
    if write is not egg_file:
        # In an image only the metadata is kept, and eggs of Neuron packages.
        archive = tmp_path / "image.tar"
        with tarfile.open(archive, "w") as stream:
            stream.add(root, "")
        done = run("check", "--image", archive, *AS_OF, "--format", "json")
        assert ended(done) == [(expected, f"{archive}!/opt/conda")]


def test_a_mount_that_is_not_searched_is_said_and_strict_makes_an_error_of_it(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_root(tmp_path / "root")
    dist_info(root / "mnt/models/env/lib/python3.10/site-packages")
    monkeypatch.setattr(environments, "_foreign_mounts", lambda root: {"/mnt/models": "nfs4"})
    done = run("check", "--root", root, *AS_OF, "--format", "json")
    (place,) = json.loads(done.out)["inputs"]
    assert (done.code, ended(done)) == (0, [])
    assert [part["place"] for part in place["unread"]] == ["/mnt/models"]
    done = run("check", "--root", root, *AS_OF, "--format", "json", "--strict")
    rows = json.loads(done.out)["findings"]
    assert [(row["rule"], row["severity"], row["place"]) for row in rows] == [
        ("NP610", "error", "/mnt/models")
    ]
    assert done.code == 1


def test_a_folder_of_pip_install_target_is_an_environment(run, tmp_path: Path) -> None:
    dist_info(tmp_path / "vendor")
    done = run("check", "--venv", tmp_path / "vendor", *AS_OF, "--format", "json")
    assert ended(done) == [(f"torch-neuronx {ENDED}", str(tmp_path / "vendor"))]
    done = run("diff", tmp_path / "vendor", "2.26.0", "--format", "json")
    assert done.code == 0, done.err


def test_an_egg_that_is_damaged_is_said(run, tmp_path: Path) -> None:
    site = tmp_path / "venv/lib/python3.10/site-packages"
    site.mkdir(parents=True)
    (site / f"torch_neuronx-{ENDED}-py3.10.egg").write_bytes(b"PK no archive")
    done = run("check", "--venv", tmp_path / "venv", *AS_OF, "--format", "json")
    assert "NP406" in [row["rule"] for row in json.loads(done.out)["findings"]]


def test_what_has_no_neuron_package_is_not_an_environment_to_check(tmp_path: Path) -> None:
    for name in ("numpy-2.2.0", "torch-2.9.1"):
        (tmp_path / f"a/lib/python3.11/site-packages/{name}.dist-info").mkdir(parents=True)
    assert find_environments(str(tmp_path), {"torch-neuronx"}).folders == ()


def test_wheels_that_uv_keeps_unpacked_are_not_installed(tmp_path: Path) -> None:
    cache = tmp_path / "root/.cache/uv"
    for folder in ("archive-v0/Ab3", "builds-v0/.tmpA/lib/python3.12/site-packages"):
        dist_info(cache / folder)
    (cache / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55")
    # uv's own environments and `uv venv` have the tag, too; without it a folder is anybody's.
    for venv in (cache / "environments-v2/tool", tmp_path / "project/.venv"):
        dist_info(venv / "lib/python3.12/site-packages")
        (venv / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55")
    dist_info(tmp_path / "srv/archive-v1")
    found = find_environments(str(tmp_path), {"torch-neuronx"})
    assert [str(Path(folder).relative_to(tmp_path)) for folder in found.folders] == [
        "project/.venv", "root/.cache/uv/environments-v2/tool", "srv/archive-v1",
    ]  # fmt: skip


def test_links_are_not_followed_and_the_search_has_a_bound(tmp_path: Path) -> None:
    site = tmp_path / "elsewhere/lib/python3.10/site-packages"
    dist_info(site)
    root = tmp_path / "root"
    (root / "a/b/c").mkdir(parents=True)
    (root / "a/link").symlink_to(tmp_path / "elsewhere")
    names = {"torch-neuronx"}
    assert find_environments(str(root), names).folders == ()
    whole = find_environments(str(root), names, max_folders=4)
    assert whole.problem is None
    cut = find_environments(str(root), names, max_folders=3)
    assert cut.problem is not None
    assert cut.problem.path == str(root)


def test_an_image_without_a_package_database_is_said(run, tmp_path: Path) -> None:
    root = make_root(tmp_path / "root")
    dist_info(root / "opt/conda/lib/python3.10/site-packages")
    done = run("check", "--image", root, *AS_OF)
    assert "dpkg" in done.err
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("")
    assert "dpkg" not in run("check", "--image", root, *AS_OF).err


STANZA = "Package: aws-neuronx-tools\nVersion: 2.18.99.0-8b9a8b3f4\nArchitecture: amd64\n"


@pytest.mark.parametrize("option", ["--root", "--image"])
@pytest.mark.parametrize("status", [None, "", "Package: adduser\nStatus: install ok installed\n"])
def test_packages_of_images_without_dpkg(run, tmp_path: Path, option: str, status) -> None:
    root = make_root(tmp_path / "root")
    folder = root / "var/lib/dpkg/status.d"
    folder.mkdir(parents=True)
    (folder / "YXdzLW5ldXJvbngtdG9vbHM").write_text(STANZA)
    (folder / "YXdzLW5ldXJvbngtdG9vbHM.md5sums").write_text("00 usr/bin/neuron-top\n")
    if status is not None:
        (root / "var/lib/dpkg/status").write_text(status)
    done = run("check", option, root, *AS_OF, "--format", "json")
    document = json.loads(done.out)
    assert any(
        row["subject"].startswith("aws-neuronx-tools 2.18.99.0") for row in document["findings"]
    )


# the name of a metadata folder, the package, the version
NAMES = [
    ("torch_neuronx-2.9.0.2.13.dist-info", "torch-neuronx", "2.9.0.2.13"),
    ("neuronx_cc-2.21.33363.0+82129205.dist-info", "neuronx-cc", "2.21.33363.0+82129205"),
    ("neuronx_cc-2.21.33363.0-py3.10.egg-info", "neuronx-cc", "2.21.33363.0"),
    ("neuronx_cc-2.21.33363.0-py3.10-linux-x86_64.egg", "neuronx-cc", "2.21.33363.0"),
    ("neuronx_cc-2.21.33363.0.egg-info", "neuronx-cc", "2.21.33363.0"),
    ("neuronx_cc.egg-info", "neuronx-cc", ""),
    ("~euronx_cc-2.21.dist-info", "", ""),
    ("neuronx_cc.libs", "", ""),
    ("EGG-INFO", "", ""),
    ("dist-info", "", ""),
]


@pytest.mark.parametrize(("entry", "name", "version"), NAMES)
def test_names_of_metadata(entry: str, name: str, version: str) -> None:
    assert read_metadata_name(entry) == (name, version)


def test_names_of_conda() -> None:
    assert read_conda_name("torch-neuron-1.12.1.2.5.8.0-py37_0.json") == (
        "torch-neuron",
        "1.12.1.2.5.8.0",
    )
    assert read_conda_name("history") == ("", "")


def test_a_tarball_of_an_egg(run, tmp_path: Path) -> None:
    """An egg that is a file is read in an image if its name is a Neuron package's."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("EGG-INFO/PKG-INFO", metadata())
    image = tmp_path / "image.tar"
    with tarfile.open(image, "w") as stream:
        for name, data in (
            ("etc/os-release", b'ID=ubuntu\nVERSION_ID="22.04"\n'),
            (f"opt/e/lib/python3.10/site-packages/torch_neuronx-{ENDED}-py3.10.egg",
             packed.getvalue()),
        ):  # fmt: skip
            member = tarfile.TarInfo(name)
            member.size = len(data)
            stream.addfile(member, io.BytesIO(data))
    done = run("check", "--image", image, *AS_OF, "--format", "json")
    assert ended(done) == [(f"torch-neuronx {ENDED}", f"{image}!/opt/e")]
