"""``check --image`` of images described as data: every finding, and no other."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from neuron_pin.fs.toml import parse_toml

FILE = Path(__file__).parent.parent.parent / "fixtures" / "check" / "images.toml"
TARGET = ["--instance", "trn2", "--as-of", "2026-08-20"]


def read_cases() -> list[dict[str, Any]]:
    cases = parse_toml(FILE.read_text())["case"]
    assert isinstance(cases, list)
    return cases


def distribution(folder: str, name: str, version: str) -> dict[str, str]:
    """A distribution as pip leaves it."""
    own = name.replace("-", "_")
    info = f"{folder}/{own}-{version}.dist-info"
    return {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n",
        f"{info}/RECORD": f"{own}/__init__.py,,\n{own}/core.py,,\n{info}/METADATA,,\n",
    }


def make_layer(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()


def make_layers(case: dict[str, Any]) -> list[bytes]:
    first = dict(case.get("files", {}))
    for row in case.get("installed", ()):
        first.update(distribution(*row))
    later = {f"{os.path.dirname(n)}/.wh.{os.path.basename(n)}": "" for n in case.get("gone", ())}
    for row in case.get("later", ()):
        later.update(distribution(*row))
    layers = [make_layer(first), *([make_layer(later)] if later else [])]
    if case.get("cut"):
        layers[-1] = layers[-1][:300]
    return layers


def save(path: Path, layers: list[bytes]) -> None:
    """The tarball of docker save."""
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = json.dumps([{"Config": "c.json", "Layers": names}]).encode()
    with tarfile.open(path, "w") as archive:
        for name, data in [*zip(names, layers, strict=True), ("manifest.json", manifest)]:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def stub_rpm(folder: Path, rows: list[str]) -> None:
    """A program rpm that tells of these packages."""
    folder.mkdir()
    (folder / "rows").write_text("".join(f"{row}\n" for row in rows))
    (folder / "rpm").write_text(f"#!/bin/sh\nexec cat '{folder}/rows'\n")
    (folder / "rpm").chmod(0o755)


CASES = read_cases()


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_every_finding_of_an_image_and_no_other(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: dict[str, Any]
) -> None:
    if "rpm" in case:
        stub_rpm(tmp_path / "bin", case["rpm"])
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    save(tmp_path / "image.tar", make_layers(case))
    options = case.get("options", TARGET)
    done = run("check", "--image", tmp_path / "image.tar", *options, "--format", "json")
    document = json.loads(done.out)
    inside = f"{tmp_path / 'image.tar'}!"
    found = [
        [row["rule"], row["place"].removeprefix(inside), row["subject"].replace(inside, "")]
        for row in document["findings"]
    ]
    assert sorted(found) == sorted(case["findings"])
    assert done.code == case["code"]
    assert document["inputs"][0]["neuron_packages"] == case["packages"]


def test_there_are_ten_images() -> None:
    assert len(CASES) >= 10
