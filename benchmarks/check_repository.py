"""What ``check DIR`` of a repository takes beyond ``git ls-files`` of it.

    python benchmarks/check_repository.py [RUNS [FILES]]

The repository is generated, with the kinds of files that services have: mostly programs, then
documents, JSON, YAML, images, and some hundreds of requirements files, projects, Dockerfiles and
locks.  Twenty files name Neuron packages.  Commands take turns; medians are printed.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pairs import paired, show

TEXT = (
    "the request returns value of client import def self node service config update index batch "
    "token linking concern environment python result = ( ) : , . return if else for in not None"
)
WORDS = TEXT.split()
LOCKED = """\
[[package]]
name = "package-{number}"
version = "1.{number}.0"
source = {{ registry = "https://pypi.org/simple" }}
wheels = [
    {{ url = "https://example.invalid/package_{number}-any.whl", hash = "{digest:064x}" }},
]

"""


def text(draw: random.Random, length: int) -> str:
    """So many characters that look like words."""
    words = draw.choices(WORDS, k=length // 5)
    return "\n".join(" ".join(words[at : at + 12]) for at in range(0, len(words), 12)) + "\n"


def json_text(draw: random.Random, length: int) -> str:
    rows = ",\n".join(
        f'  "{word}{number}": "{draw.random()}"'
        for number, word in enumerate(draw.choices(WORDS[:18], k=max(1, length // 40)))
    )
    return f"{{\n{rows}\n}}\n"


def requirements(draw: random.Random, length: int) -> str:
    return "".join(f"package-{n}=={draw.randrange(9)}.{n}\n" for n in range(length // 20))


def dockerfile(draw: random.Random, length: int) -> str:
    del length
    python = draw.randrange(10, 13)
    return f"FROM python:3.{python}\nCOPY . /app\nRUN pip install -r requirements.txt\n"


def project(draw: random.Random, length: int) -> str:
    rows = "".join(f'    "package-{n}>={draw.randrange(9)}",\n' for n in range(length // 30))
    return f'[project]\nname = "x"\nversion = "1"\ndependencies = [\n{rows}]\n'


def lock(draw: random.Random, length: int) -> str:
    rows = (LOCKED.format(number=n, digest=draw.getrandbits(256)) for n in range(length // 250))
    return 'version = 1\nrequires-python = ">=3.10"\n' + "".join(rows)


Make = Callable[[random.Random, int], str]
# The share of a kind in thousand files, its name, its usual size, and what makes it.
KINDS: tuple[tuple[int, str, int, Make], ...] = (
    (330, "module_{}.py", 6000, text),
    (170, "component_{}.ts", 4000, text),
    (120, "part_{}.go", 7000, text),
    (60, "unit_{}.c", 9000, text),
    (90, "page_{}.md", 3000, text),
    (90, "data_{}.json", 4000, json_text),
    (60, "values_{}.yaml", 1500, text),
    (30, "notes_{}.txt", 2000, text),
    (25, "image_{}.svg", 3000, text),
    (10, "run_{}.sh", 1200, text),
    (6, "s{}/requirements.txt", 800, requirements),
    (4, "s{}/Dockerfile", 0, dockerfile),
    (4, "p{}/pyproject.toml", 1500, project),
    (1, "p{}/uv.lock", 300_000, lock),
)
NEURON = (
    ("requirements.txt", "--extra-index-url https://pip.repos.neuron.amazonaws.com\n"
     "neuronx-cc==2.27.5334.0\nnki==0.6.0\n"),
    ("Dockerfile", "FROM python:3.12\nRUN pip install --extra-index-url "
     "https://pip.repos.neuron.amazonaws.com neuronx-cc==2.27.5334.0\n"),
)  # fmt: skip


def generate(root: Path, files: int) -> None:
    draw = random.Random(7)
    shares = [share for share, *_ in KINDS]
    for number, (_, name, size, make) in enumerate(draw.choices(KINDS, shares, k=files)):
        path = root / f"area{number % 40}" / f"team{number % 31}" / name.format(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(draw, int(size * draw.uniform(0.3, 2))))
    for number in range(10):
        for name, content in NEURON:
            path = root / f"serve{number}" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
    git = ["git", "-C", str(root), "-c", "user.name=x", "-c", "user.email=x@example.invalid"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "all"], check=True)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "repository"
        generate(root, files)
        listing = ["git", "-C", str(root), "ls-files", "-z"]
        listing += ["--cached", "--others", "--exclude-standard"]
        check = [sys.executable, "-m", "neuron_pin", "check", "--exit-zero"]
        check += ["--instance", "trn2", "--as-of", "2026-08-20"]
        medians = paired(
            {
                "git ls-files": listing,
                "check DIR": [*check, str(root)],
                "check of one file": [*check, str(root / "serve0" / "requirements.txt")],
            },
            runs,
        )
        show(medians, "git ls-files")
        beyond = medians["check DIR"] - medians["git ls-files"]
        print(f"check DIR takes {beyond:.2f} s beyond git ls-files, of {files + 20} files")


if __name__ == "__main__":
    main()
