"""The table of kinds of files that ``check`` reads."""

from importlib import import_module
from pathlib import Path

import pytest

from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.inputs.file_kind import KINDS, find_kind, kind_by_name

CLUSTER = "Kubernetes manifests, Chart.yaml, values.yaml, kustomization.yaml, compose.yaml"

BY_NAME = [
    ("Dockerfile", "Dockerfile"),
    ("a/b/Dockerfile.gpu", "Dockerfile"),
    ("a.dockerfile", "Dockerfile"),
    ("Dockerfile_triton", "Dockerfile"),
    ("Containerfile", "Dockerfile"),
    ("Dockerfile.allowlist.json", ""),
    ("Dockerfile-tf.rst", ""),
    (".devcontainer/Dockerfile.dockerignore", ""),
    ("docker-compose.yml", CLUSTER),
    ("docker-compose.override.yml", CLUSTER),
    ("compose.yaml", CLUSTER),
    ("helm/neuron-values.yaml", CLUSTER),
    ("values-prod.yaml", CLUSTER),
    ("Chart.lock", CLUSTER),
    ("overlays/a/kustomization.yaml", CLUSTER),
    ("values.py", ""),
    ("uv.lock", "uv.lock"),
    ("poetry.lock", "poetry.lock"),
    ("pylock.dev.toml", "pylock.toml"),
    ("pyproject.toml", "pyproject.toml"),
    ("requirements.txt", "requirements.txt"),
    ("dev-requirements.in", "requirements.txt"),
    ("Requirements_trn2.txt", "requirements.txt"),
    ("serve/requirements/base.txt", "requirements.txt"),
    ("requirements/x/base.txt", ""),
    ("README.txt", ""),
    ("Dockerfile.md", ""),
    ("dockerfile.py", ""),
    ("Dockerfile.dockerignore", ""),
    ("package.json", ""),
]


@pytest.mark.parametrize(("path", "shown"), BY_NAME)
def test_a_name_tells_the_kind_where_it_leaves_no_doubt(path: str, shown: str) -> None:
    kind = kind_by_name(path)
    assert (kind.shown if kind is not None else "") == shown


BY_CONTENT = [
    ("pip", "Package Version\n------- -------\nnki     0.3.0\n",
     "lists of pip, conda, dpkg, apt, rpm and dnf"),
    ("freeze.txt", "nki==0.3.0\n", "lists of pip, conda, dpkg, apt, rpm and dnf"),
    ("rpms", "glibc-2.34-1.x86_64\nbash-5.2-1.x86_64\n", "lists of pip, conda, dpkg, apt, rpm and dnf"),
    ("words.json", '{"name": "nki", "version": "1"}', "lock.json"),
    ("rows.json", '[{"name": "nki", "version": "1"}]', "lists of pip and conda in JSON"),
    ("b.json", '{"bomFormat": "CycloneDX"}', "CycloneDX"),
    ("b.spdx", "SPDXVersion: SPDX-2.3\n", "SPDX"),
    ("packages", "# from pip\nneuronx-cc==2.27.5334.0  # pinned\nnumpy\n", "requirements.txt"),
    ("reqs", "--extra-index-url https://x.invalid\n-r base.txt\nnki>=0.3 \\\n  --hash sha256:1\n",
     "requirements.txt"),
    ("locked", '{\n  "schema_version": 1,\n  "packages": [{"ecosystem": "pip"}]}', "lock.json"),
    ("deploy", '{"schema_version": 2}', ""),
    ("notes", "neuronx-cc is the compiler of it.\n", ""),
    ("words", "one\ntwo\n", ""),
    ("binary", "\x00\x01neuronx-cc==2\n", ""),
    ("words.txt", "the words are taken for requirements, since they are named\n",
     "requirements.txt"),
    ("Dockerfile2", "FROM x\n", "Dockerfile"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "shown"), BY_CONTENT)
def test_the_content_tells_the_kind_of_other_files(
    tmp_path: Path, name: str, text: str, shown: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    if shown:
        assert find_kind(str(path)).shown == shown
    else:
        with pytest.raises(WrongUsage):
            find_kind(str(path))


def test_a_file_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput):
        find_kind(str(tmp_path / "missing"))


@pytest.mark.parametrize("kind", KINDS, ids=[kind.shown for kind in KINDS])
def test_rows_are_whole(kind) -> None:
    assert kind.names or kind.look
    for place in filter(None, (kind.reader, kind.look)):
        module, _, function = place.partition(":")
        assert callable(getattr(import_module(module), function))


def test_no_two_kinds_are_listed_alike() -> None:
    assert len({kind.shown for kind in KINDS}) == len(KINDS)
