"""Projects that an environment names and does not hold: as pip and Python see them."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run, sample

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.host.distributions import read_distributions
from neuron_pin.inputs.host.linked_projects import MAX_LINKED, MAX_LINKS, find_linked
from neuron_pin.inputs.state import read_environment

VERSION = "2.9.0.2.15.32035"
TEXT = f"Metadata-Version: 2.1\nName: torch-neuronx\nVersion: {VERSION}\n\n"
FINDER = 'PATH_PLACEHOLDER = "torch-neuronx" + ".__path_hook__"\n'


def develop(project: Path) -> Path:
    info = project / "torch_neuronx.egg-info"
    info.mkdir(parents=True)
    (info / "PKG-INFO").write_text(TEXT)
    return project


def dist_info(site: Path, *files: str) -> None:
    info = site / f"torch_neuronx-{VERSION}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(TEXT)
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in files))


def path_file(site: Path, project: Path) -> None:
    (site / "any.pth").write_text(f"# a remark\n\n{develop(project)}  \n")


def relative_path_file(site: Path, project: Path) -> None:
    up = "../" * len(site.parts)
    (site / "any.pth").write_text(f"{up}{str(develop(project)).lstrip('/')}\n")


def dist_info_in_a_project(site: Path, project: Path) -> None:
    dist_info(project, "torch_neuronx.py")
    (site / "any.pth").write_text(f"{project}\n")


def egg_link(site: Path, project: Path) -> None:
    (site / "torch-neuronx.egg-link").write_text(f"{develop(project)}\n.\n")


def setup_develop(site: Path, project: Path) -> None:
    egg_link(site, project)
    (site / "easy-install.pth").write_text(f"{project}\n")


def easy_install_folder(site: Path, project: Path) -> None:
    egg = project / f"torch_neuronx-{VERSION}-py3.10.egg"
    (egg / "EGG-INFO").mkdir(parents=True)
    (egg / "EGG-INFO/PKG-INFO").write_text(TEXT)
    (site / "easy-install.pth").write_text(f"{egg}\n")


def easy_install_in_place(site: Path, project: Path) -> None:
    egg = site / f"torch_neuronx-{VERSION}-py3.10.egg"
    (egg / "EGG-INFO").mkdir(parents=True)
    (egg / "EGG-INFO/PKG-INFO").write_text(TEXT)
    (site / "easy-install.pth").write_text(f"import sys; sys.__plen = 1\n./{egg.name}\n")


def easy_install_file(site: Path, project: Path) -> None:
    project.mkdir()
    egg = project / f"torch_neuronx-{VERSION}-py3.10.egg"
    with zipfile.ZipFile(egg, "w") as archive:
        archive.writestr("EGG-INFO/PKG-INFO", TEXT)
    (site / "easy-install.pth").write_text(f"{egg}\n")


def editable_path(site: Path, project: Path) -> None:
    """As setuptools makes it: the project has metadata, too."""
    develop(project)
    dist_info(site, "__editable__.torch_neuronx.pth")
    (site / "__editable__.torch_neuronx.pth").write_text(f"{project}\n")


def editable_finder(site: Path, project: Path) -> None:
    names = ("__editable__.torch_neuronx.pth", "__editable___torch_neuronx_finder.py")
    dist_info(site, *names)
    (site / names[0]).write_text(f"import {names[1][:-3]}; {names[1][:-3]}.install()\n")
    (site / names[1]).write_text(FINDER + "def install(): pass\n")


Layout = Callable[[Path, Path], None]
LAYOUTS: list[Layout] = [
    path_file, relative_path_file, dist_info_in_a_project, egg_link, setup_develop,
    easy_install_folder, easy_install_in_place, easy_install_file, editable_path, editable_finder,
]  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Path:
    venv.create(tmp_path / "venv", symlinks=True)
    return next((tmp_path / "venv/lib").glob("python3*/site-packages"))


def pip_lists(environment: Path) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python",
         environment / "bin/python", "list", "--format", "json"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return {row["name"]: row["version"] for row in json.loads(done.stdout)}


@pytest.mark.parametrize("layout", sample(LAYOUTS, 2))
def test_what_pip_lists_is_installed(run: Run, site: Path, tmp_path: Path, layout: Layout) -> None:
    layout(site, tmp_path / "project")
    environment = tmp_path / "venv"
    read = read_environment(str(environment))
    assert {key.name: versions for key, versions in read.items()} == {"torch-neuronx": (VERSION,)}
    assert pip_lists(environment) == {"torch-neuronx": VERSION}
    (found,) = read_distributions(str(environment), {"torch-neuronx"})
    assert (found.version, found.problem) == (VERSION, "")
    checked = run("check", "--venv", environment, "--format", "json", "--instance", "trn1")
    assert "NP405" not in checked.out and "NP406" not in checked.out, checked.out


def test_a_mark_of_utf_8_is_no_part_of_the_line(site: Path, tmp_path: Path) -> None:
    """As for Python from 3.13 on."""
    (site / "any.pth").write_text(f"{develop(tmp_path / 'project')}\n", encoding="utf-8-sig")
    assert len(read_environment(str(tmp_path / "venv"))) == 1


def test_no_line_is_executed(site: Path, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    (site / "any.pth").write_text(f"import os; os.mkdir({str(witness)!r})\nimport\tos\n")
    assert not read_environment(str(tmp_path / "venv"))
    assert not witness.exists()


@pytest.mark.parametrize(
    "text", ["/nowhere\n", "../..\n" * 3, ".\n", "a\0b\n", "import\n", "\udcff\n", "x" * 5000, ""]
)
def test_lines_that_lead_nowhere(site: Path, tmp_path: Path, text: str) -> None:
    for name in ("any.pth", "any.egg-link"):
        (site / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert not read_environment(str(tmp_path / "venv"))


def test_other_files_lead_nowhere(site: Path, tmp_path: Path) -> None:
    project = develop(tmp_path / "project")
    (site / "folder.pth").mkdir()
    (site / "any.pth.bak").write_text(f"{project}\n")
    assert not read_environment(str(tmp_path / "venv"))
    assert not pip_lists(tmp_path / "venv")


@pytest.mark.parametrize("what", ["lines", "bytes"])
def test_there_are_bounds(site: Path, tmp_path: Path, what: str) -> None:
    names = [tmp_path / f"p{number}" for number in range(MAX_LINKED + 1)]
    if what == "lines":
        for name in names:
            name.mkdir()
        text = "".join(f"{name}\n" for name in names)
    else:
        text = "#" * (MAX_LINKS + 1)
    (site / "any.pth").write_text(text)
    with pytest.raises(UnreadableInput):
        find_linked([str(site)], "/")


# Roots and images -----------------------------------------------------------------------


SITE = "srv/env/lib/python3.10/site-packages"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root whose environment names a project of the root by an absolute path, as an egg-link."""
    found = tmp_path / "root"
    develop(found / "opt/project")
    (found / SITE).mkdir(parents=True)
    (found / SITE / "torch-neuronx.egg-link").write_text("/opt/project\n.\n")
    return found


def list_components(run: Run, option: str, place: Path) -> list[tuple[str, str]]:
    bill = json.loads(run("check", option, place, "--format", "cyclonedx").out)
    return [(row["name"], row["version"]) for row in bill["components"]]


@pytest.mark.parametrize("option", ["--root", "--image"])
def test_a_root_is_where_absolute_paths_begin(
    run: Run, root: Path, tmp_path: Path, option: str
) -> None:
    place = root
    if option == "--image":
        place = tmp_path / "image.tar"
        with tarfile.open(place, "w") as archive:
            archive.add(root, ".")
    assert set(list_components(run, option, place)) == {("torch-neuronx", VERSION)}
    (linked,) = find_linked([str(root / SITE)], str(root))
    assert linked == str(root / "opt/project")


@pytest.mark.parametrize("way", ["outside", "link"])
def test_nothing_out_of_a_root_is_read(root: Path, tmp_path: Path, way: str) -> None:
    outside = develop(tmp_path / "outside")
    link = root / SITE / "torch-neuronx.egg-link"
    if way == "outside":
        link.write_text("../" * 40 + str(outside).lstrip("/") + "\n")
    else:
        (root / "way").symlink_to(outside)
        link.write_text("/way\n")
    assert find_linked([str(root / SITE)], str(root)) == []
