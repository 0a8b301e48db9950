"""Whole-process times of checks and plans as ratios to a bare interpreter, and of a check of
an environment with 400 distributions to ``uv pip list`` of the same.

    python benchmarks/checks.py [RUNS]

Commands take turns, and the medians and their ratios are printed.
"""

from __future__ import annotations

import sys
import tempfile
import venv
from pathlib import Path

from startup import BIN, paired, show

OURS = {"neuronx-cc": "2.27.5334.0", "nki": "0.6.0", "libneuronxla": "3.0.5356.0"}
DISTRIBUTIONS = 400
DOCKERFILE = """\
FROM python:3.11-slim
RUN apt-get update && apt-get install -y aws-neuronx-tools=2.*
RUN pip install --extra-index-url https://pip.repos.neuron.amazonaws.com \\
    torch-neuronx==2.9.0.2.15.32035 'neuronx-cc>=2.20,<3' transformers
"""


def install(site: Path, name: str, version: str) -> None:
    """A distribution as an installer leaves it."""
    own = name.replace("-", "_")
    info = site / f"{own}-{version}.dist-info"
    info.mkdir()
    (site / own).mkdir()
    (site / own / "__init__.py").write_text("x = 1\n")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n")
    (info / "RECORD").write_text(f"{own}/__init__.py,,\n{info.name}/METADATA,,\n")


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    pin = str(BIN / "neuron-pin")
    target = ["--instance", "trn2", "--python", "3.11"]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        venv.create(place / "venv", with_pip=False)
        (site,) = (place / "venv/lib").glob("python3.*/site-packages")
        for name, version in OURS.items():
            install(site, name, version)
        for number in range(DISTRIBUTIONS - len(OURS)):
            install(site, f"package-{number}", f"1.{number}")
        (place / "Dockerfile").write_text(DOCKERFILE)
        (place / "reqs.txt").write_text("torch-neuronx==2.8.*\nneuronx-cc\ntransformers>=4.50\n")
        (place / "pylock.toml").write_text(
            'lock-version = "1.0"\ncreated-by = "x"\n'
            + "".join(f'[[packages]]\nname = "{n}"\nversion = "{v}"\n' for n, v in OURS.items())
        )
        check = [pin, "check", "--exit-zero", *target]
        environment = ["--venv", str(place / "venv")]
        show(
            paired(
                {
                    "python -c pass": [sys.executable, "-c", "pass"],
                    "check requirements": [*check, str(place / "reqs.txt")],
                    "check Dockerfile": [*check, str(place / "Dockerfile")],
                    "check pylock.toml": [*check, str(place / "pylock.toml")],
                    "check --venv": [*check, *environment],
                    "plan": [pin, "plan", "--instance", "trn2", "--os", "ubuntu24.04"],
                    "diff": [pin, "diff", "2.28.1", "2.32.0"],
                },
                runs,
            ),
            "python -c pass",
        )
        uv = BIN / "uv"
        if uv.exists():
            listing = [str(uv), "pip", "list", "--quiet", "--python", str(place / "venv")]
            commands = {"uv pip list": listing, "neuron-pin check --venv": [*check, *environment]}
            show(paired(commands, runs), "uv pip list")


if __name__ == "__main__":
    main()
