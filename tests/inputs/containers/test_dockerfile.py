"""Dockerfiles: what they install, and from which base, without building anything."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.dockerfile import read_dockerfile
from neuron_pin.inputs.containers.image_reference import read_image_name
from neuron_pin.inputs.containers.instructions import parse_instructions
from neuron_pin.inputs.containers.shell import read_commands
from neuron_pin.inputs.containers.shell_expansion import expand

NAMES = frozenset({"torch-neuronx", "neuronx-cc", "nki"})


def installed(tmp_path: Path, text: str) -> list[tuple[str, int, str]]:
    """Ecosystem, line and word of everything that a Dockerfile installs."""
    path = tmp_path / "Dockerfile"
    path.write_text(text)
    return [
        (installation.ecosystem.value, line, word)
        for stage in read_dockerfile(str(path), NAMES).stages
        for installation in stage.installations
        for _, line, word, _ in installation.requirements
    ]


# what stands after FROM, and what that installs; the shapes of public recipes
RUNS = [
    ("RUN pip install nki==0.5.0", [("pip", 2, "nki==0.5.0")]),
    ("RUN pip3.11 install --no-cache-dir -U nki", [("pip", 2, "nki")]),
    ("RUN python3 -m pip install --user nki", [("pip", 2, "nki")]),
    ("RUN /opt/venv/bin/pip --no-input install nki", [("pip", 2, "nki")]),
    ("RUN uv pip install --system --index-strategy unsafe-best-match nki", [("pip", 2, "nki")]),
    ("RUN pip uninstall -y nki", []),
    ("RUN pip download nki", []),
    ("run apt-get update && apt-get install -y aws-neuronx-tools=2.*", [("apt", 2, "aws-neuronx-tools=2.*")]),
    ("RUN apt-get -o A=b -y install -t jammy aws-neuronx-tools:amd64=2.*", [("apt", 2, "aws-neuronx-tools:amd64=2.*")]),
    ("RUN sudo -E apt-get install -y a", [("apt", 2, "a")]),
    ("RUN sudo apt-get install -y a", [("apt", 2, "a")]),
    ("RUN dnf install -y --setopt=x=y aws-neuronx-tools-2.*", [("rpm", 2, "aws-neuronx-tools-2.*")]),
    ("RUN yum -y install aws-neuronx-tools", [("rpm", 2, "aws-neuronx-tools")]),
    ("RUN apt-get update \\\n && apt-get install -y \\\n    a=1.0-1 \\\n    # a comment\n\n    b \\\n && pip install nki", [("apt", 4, "a=1.0-1"), ("apt", 7, "b"), ("pip", 8, "nki")]),
    ('RUN ["pip", "install", "nki"]', [("pip", 2, "nki")]),
    ("RUN bash -c 'set -e; pip install nki'", [("pip", 2, "nki")]),
    ("RUN <<EOF\nset -e\npip install nki \\\n  neuronx-cc\nEOF\nRUN pip install torch-neuronx", [("pip", 4, "nki"), ("pip", 5, "neuronx-cc"), ("pip", 7, "torch-neuronx")]),
    ("COPY <<'EOF' /x\nRUN pip install nki\nEOF", []),
    ("ARG V=0.5.0\nRUN pip install nki==$V \"neuronx-cc==${W:-2.*}\" '$V'", [("pip", 3, "nki==0.5.0"), ("pip", 3, "neuronx-cc==2.*")]),
    ("ENV V 0.5.0\nRUN pip install nki==${V}", [("pip", 3, "nki==0.5.0")]),
    ("RUN V=0.5.0 && pip install nki==$V", [("pip", 2, "nki==0.5.0")]),
    ("RUN pip install nki==$V", []),
    ("RUN pip install nki==$(cat version)", []),
    ("RUN pip install git+https://a.invalid/b.git ./wheel.whl nki.tar.gz[x]", [("pip", 2, "nki.tar.gz[x]")]),
    ("RUN --mount=type=cache,target=/c pip install nki", [("pip", 2, "nki")]),
    ("RUN if true; then pip install nki; else pip install neuronx-cc; fi", [("pip", 2, "nki"), ("pip", 2, "neuronx-cc")]),
    ("RUN echo 'pip install nki'", []),
    ("RUN pip install nki # pip install neuronx-cc", [("pip", 2, "nki")]),
    ("# RUN pip install nki", []),
    ("RUN pip install 'neuronx-cc>=2.20,<3' 'transformers<5'", [("pip", 2, "neuronx-cc>=2.20,<3")]),
]  # fmt: skip


@pytest.mark.parametrize(("run", "wanted"), RUNS, ids=lambda value: str(value)[:40])
def test_what_a_run_installs(tmp_path: Path, run: str, wanted: list) -> None:
    assert installed(tmp_path, f"FROM python:3.11\n{run}\n") == wanted


def test_the_escape_character_may_be_another(tmp_path: Path) -> None:
    text = "# escape=`\nFROM python:3.11\nRUN pip install `\n  nki\n"
    assert installed(tmp_path, text) == [("pip", 4, "nki")]


def test_stages_stand_on_each_other(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(
        "ARG TAG=3.11\nFROM python:${TAG}-slim-bookworm AS base\n"
        "ENV PIP_EXTRA_INDEX_URL=https://pip.repos.neuron.amazonaws.com\n"
        "FROM base AS two\nRUN pip install -r reqs.txt\nFROM scratch\nCOPY --from=two /a /a\n"
    )
    base, two, last = read_dockerfile(str(path), NAMES).stages
    assert base.base is not None
    assert two.base is not None
    assert (two.parent, two.base.python, two.base.os) == (0, "3.11", "debian12")
    assert two.indexes == ("https://pip.repos.neuron.amazonaws.com",)
    assert two.installations[0].files == (("reqs.txt", 5),)
    assert (last.parent, last.installations) == (-1, ())


# an image's name, and what it says
IMAGES = [
    ("public.ecr.aws/neuron/pytorch-inference-neuronx:2.8.0-neuronx-py311-sdk2.26.0-ubuntu22.04",
     ("pytorch-inference-neuronx", "torch-neuronx", "2.8.0", "2.26.0", "3.11", "ubuntu22.04")),
    ("1.dkr.ecr.us-west-2.amazonaws.com/pytorch-training-neuronx:2.1.2-neuronx-py310-sdk2.18.0-ubuntu20.04@sha256:aa",
     ("pytorch-training-neuronx", "torch-neuronx", "2.1.2", "2.18.0", "3.10", "ubuntu20.04")),
    ("x/pytorch-inference-neuron:1.13.1-neuron-py310-sdk2.18.0-ubuntu20.04",
     ("pytorch-inference-neuron", "torch-neuron", "1.13.1", "2.18.0", "3.10", "ubuntu20.04")),
    ("x/pytorch-inference-vllm-neuronx:0.11.0-neuronx-py312-sdk2.26.1-ubuntu24.04",
     ("pytorch-inference-vllm-neuronx", "torch-neuronx", "", "2.26.1", "3.12", "ubuntu24.04")),
    ("x/huggingface-pytorch-training-neuronx:2.1.2-transformers4.43.2-neuronx-py310-sdk2.20.0-ubuntu20.04",
     ("huggingface-pytorch-training-neuronx", "torch-neuronx", "2.1.2", "2.20.0", "3.10", "ubuntu20.04")),
    ("x/pytorch-training-neuronx", ("pytorch-training-neuronx", "torch-neuronx", "", "", "", "")),
    ("python:3.12-slim", ("", "", "", "", "3.12", "")),
    ("ubuntu:jammy", ("", "", "", "", "", "ubuntu22.04")),
    ("ubuntu:24.04@sha256:aa", ("", "", "", "", "", "ubuntu24.04")),
    ("amazonlinux:2023.5", ("", "", "", "", "", "amzn2023")),
    ("amazonlinux:2", ("", "", "", "", "", "amzn2")),
    ("localhost:5000/ubuntu", ("", "", "", "", "", "")),
    ("nvidia/cuda:12.4.1-ubuntu22.04", ("", "", "", "", "", "")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "wanted"), IMAGES)
def test_what_an_images_name_says(name: str, wanted: tuple) -> None:
    assert tuple(read_image_name(name, 1))[1:-1] == wanted


def test_what_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("hello\n")
    with pytest.raises(UnreadableInput, match="no FROM"):
        read_dockerfile(str(path), NAMES)


PIECES = st.sampled_from(
    ["RUN ", "pip install ", "nki", "'", '"', "\\\n", "\n", "$V", "${V:-x", "$(", ")", "`", "<<EOF", "EOF",
     "&&", ";", "#", "FROM x\n", "ARG V", "=", "[", "]", ",", "-r", " "]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
def test_whatever_stands_there_is_read_to_its_end(text: str) -> None:
    for instruction in parse_instructions("FROM x\n" + text, "Dockerfile"):
        rows = [(number, line + " ") for number, line in instruction.lines]
        for command in read_commands(rows, {"V": "1"}):
            assert all(1 <= word.line <= text.count("\n") + 2 for word in command.words)
    expand(text, {"V": "${V}$V"})


def test_variables_that_double_each_other_are_bounded(tmp_path: Path) -> None:
    doubled = "".join(f"ARG V{n + 1}=$V{n}$V{n}\n" for n in range(40))
    text = f"FROM x\nARG V0=0123456789\n{doubled}RUN pip install nki==$V40 neuronx-cc==1.0\n"
    assert installed(tmp_path, text) == [("pip", 43, "neuronx-cc==1.0")]


def test_instructions_inside_of_each_other_are_bounded(tmp_path: Path) -> None:
    text = f"FROM x\n{'ONBUILD ' * 5000}RUN pip install nki\nONBUILD RUN pip install nki\n"
    assert installed(tmp_path, text) == [("pip", 3, "nki")]
