"""Requirements in the notations of pip, apt and rpm, and files of them."""

import time
from pathlib import Path

import pytest

from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.inputs import parse_requirement
from neuron_pin.inputs.requirements.direct import find_local_path, read_direct
from neuron_pin.inputs.requirements.requirements_txt import read_requirements
from neuron_pin.policy import Ecosystem

# text, ecosystem, name, range as pip writes it
REQUIREMENTS = [
    ("torch-neuronx", None, "torch-neuronx", ""),
    ("Torch_NeuronX==2.1.0.1.*", None, "torch-neuronx", "==2.1.0.1.*"),
    ("transformers>=4.50", Ecosystem.PIP, "transformers", ">=4.50"),
    ("transformers[torch] >=4.50,<5", Ecosystem.PIP, "transformers", "<5,>=4.50"),
    ("aws-neuronx-tools=2.*", None, "aws-neuronx-tools", "==2.*"),
    ("apt:aws-neuronx-tools=2.28.19.0-*", Ecosystem.APT, "aws-neuronx-tools", "==2.28.19.0"),
    ("rpm:aws-neuronx-tools-0:2.*", Ecosystem.RPM, "aws-neuronx-tools", "==2.*"),
    ("neuron-sdk==2.26.*", Ecosystem.SDK, "neuron-sdk", "==2.26.*"),
    ("pip:torch", Ecosystem.PIP, "torch", ""),
    ("torch===2.9.1", Ecosystem.PIP, "torch", "===2.9.1"),
]


@pytest.mark.parametrize("row", REQUIREMENTS, ids=lambda row: row[0])
def test_requirements(row) -> None:
    text, ecosystem, name, wanted = row
    found = parse_requirement(text)
    assert (found.ecosystem, found.name, found.range) == (ecosystem, name, wanted)


# text, what the error says
REFUSED = [
    ("", "requirement"),
    ("torch @ https://example.invalid/torch.whl", "by URL"),
    ("torch>>2", "torch>>2"),
    ("aws-neuronx-tools=2*", "2.*"),
    ("aws-neuronx-tools=2", "string"),
    ("pip:torch=2.*", "equals"),
    ("apt:tools>=2", "apt"),
    ("x" * 5000, "5000 characters"),
]


@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_what_cannot_mean_anything_is_refused(text: str, told: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        parse_requirement(text, "reqs.txt:3")
    assert told in caught.value.message + caught.value.hint
    assert caught.value.message.startswith("reqs.txt:3")


def test_a_file_is_read_with_its_comments_continuations_and_nested_files(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("numpy<3  # why\n-c limits.txt\n")
    (tmp_path / "limits.txt").write_text("protobuf<5\n")
    path = tmp_path / "reqs.txt"
    path.write_bytes(
        b"\xef\xbb\xbf# a comment\r\ntorch==2.9.* \\\r\n ; python_version >= '3.10'\r\n"
        b"-r base.txt\r\n--index-url https://${USER_}@example.invalid/simple\r\n"
        b"--extra-index-url=https://other.invalid/${unset}/${UNSET}\r\n"
        b"accelerate==1.0 --hash=sha256:" + b"Ab" * 32 + b" \\\r\n --hash sha256:" + b"c" * 64
        + b"\r\n--find-links wheels\r\n-f https://links.invalid/\r\n--only-binary :all:\r\n"
    )  # fmt: skip
    (tmp_path / "wheels").mkdir()
    found = read_requirements(str(path), environ={"USER_": "me"})
    assert [r.name for r in found.requirements] == ["torch", "numpy", "accelerate"]
    assert [r.origin for r in found.requirements] == [
        f"{path}:2",
        f"{tmp_path / 'base.txt'}:1",
        f"{path}:7",
    ]
    assert [r.name for r in found.constraints] == ["protobuf"]
    assert found.index_url == "https://me@example.invalid/simple"
    assert found.extra_index_urls == ["https://other.invalid/${unset}/${UNSET}"]
    assert found.find_links == [str(tmp_path / "wheels"), "https://links.invalid/"]
    assert found.requirements[2].hashes == ("sha256:" + "ab" * 32, "sha256:" + "c" * 64)


# bytes of a file that asks for numpy; PEP 263 and byte order marks, as pip reads them
ENCODED = [
    "# coding: latin-1\n# caf\u00e9\nnumpy".encode("latin-1"),
    "#!/x\n# -*- coding: cp1252 -*-\nnumpy  # \u20ac".encode("cp1252"),
    "numpy # \u00e9".encode("utf-16"),
    "numpy # \u00e9".encode("utf-8-sig"),
    b"\xff\xfe\x00\x00" + "numpy".encode("utf-32-le"),
    b"\xfe\xff" + "numpy".encode("utf-16-be"),
]


@pytest.mark.parametrize("data", ENCODED)
def test_a_file_says_how_it_is_encoded(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "reqs.txt"
    path.write_bytes(data)
    assert [r.name for r in read_requirements(str(path)).requirements] == ["numpy"]


# content, line, what the error says
BROKEN = [
    (b"torch\nfoo bar\n", 2, "foo bar"),
    (b"torch\n-e .\n", 2, "editable"),
    (b"--no-binary :all:\n", 1, "code"),
    (b"--src x\n", 1, "--src"),
    (b"--pre\n", 1, "pre-releases"),
    (b"# coding: rot13\n", 1, "rot13"),
    (b"\n# coding: klingon\n", 2, "klingon"),
    (b"torch --hash=md5:abc\n", 1, "hash"),
    (b"torch --global-option=x\n", 1, "--global-option"),
    (b"torch==1 --hash=sha256:" + b"a" * 64 + b"\nnumpy\n--require-hashes\n", 2, "has no hash"),
    (b"torch\n\xff\n", 2, "not UTF-8"),
    (b"torch\nnum\0py\n", 2, "NUL"),
    (b"-r\n", 1, "without a value"),
    (b"\n\naws-neuronx-tools=2*\n", 3, r"2\*"),
]


@pytest.mark.parametrize(("content", "line", "told"), BROKEN)
def test_a_broken_line_is_named(tmp_path: Path, content: bytes, line: int, told: str) -> None:
    path = tmp_path / "reqs.txt"
    path.write_bytes(content)
    with pytest.raises(UnreadableInput, match=told) as caught:
        read_requirements(str(path))
    assert (caught.value.path, caught.value.line) == (str(path), line)


@pytest.mark.parametrize("option", ['-C cmake.args="-DBLAS=ON"', "--global-option=x"])
def test_what_to_do_with_an_option_of_a_build_is_said(tmp_path: Path, option: str) -> None:
    path = tmp_path / "reqs.txt"
    path.write_text(f"llama_cpp_python == 0.2.78 {option}\n")
    with pytest.raises(UnreadableInput, match="build") as caught:
        read_requirements(str(path))
    assert "installs" in caught.value.hint


def test_a_file_that_includes_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reqs.txt"
    path.write_text("-r reqs.txt\n")
    with pytest.raises(UnreadableInput, match="itself"):
        read_requirements(str(path))


def test_a_missing_nested_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "reqs.txt"
    path.write_text("-r absent.txt\n")
    with pytest.raises(UnreadableInput, match="absent") as caught:
        read_requirements(str(path))
    assert caught.value.path == str(tmp_path / "absent.txt")


@pytest.mark.parametrize("line", ["/" * 200_000 + " x", "a" + " " * 200_000 + "b"])
def test_a_line_takes_time_by_its_length_alone(line: str) -> None:
    begun = time.process_time()
    assert (find_local_path(line), read_direct(line)) == ("", None)
    assert time.process_time() - begun < 30
