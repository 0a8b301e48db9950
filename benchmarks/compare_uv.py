"""Our closures beside uv's, for the requirement sets of fixtures/requirement-sets.

    python benchmarks/compare_uv.py [--python 3.11] [--install MB] [--files FOLDER] [SET …]

Prints a table in Markdown: for each set how many packages, how many versions differ, and
which; then, for each set with a difference, whether uv takes our versions, which of what was asked
for by name is newer here and there, and whether the rest follows from that (`named_versions`).
Sets with Neuron's packages find those on a local index of fixtures/neuron-index, in front of the
public one.  uv builds source distributions to learn what they require; so do we, of the projects
that a set names under ``build``, unless ``--no-builds`` is given.  With ``--files`` the sets are
the requirement files of public repositories that repositories.json names, from that folder.

Each lock is then given to ``uv pip install --dry-run --require-hashes``, and, where it is of wheels
with fewer than ``--install`` megabytes (pip downloads them all), to ``pip install --dry-run
--no-deps --require-hashes``.  Needs uv beside this interpreter and the public index in reach.
"""

from __future__ import annotations

import argparse
import http.server
import io
import json
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from named_versions import AS_NEEDED, find_different, judge
from pairs import BIN, PIN, UV
from requirement_files import NotTheFile, load_files

FIXTURES = Path(__file__).parent.parent / "fixtures"
PLATFORM = "manylinux_2_34_x86_64"
PYPI = "https://pypi.org/simple"
LONGEST = 300
"""Seconds for one lock or install."""
LARGE = 200
"""Packages beyond which a set is a large one."""


def load_sets() -> dict[str, dict[str, Any]]:
    """Every set by name: its requirements, and where given what it builds and of which SDK."""
    folder = FIXTURES / "requirement-sets"
    names = ("sets.json", "neuron.json")
    return {k: v for name in names for k, v in json.loads((folder / name).read_text()).items()}


def wheel(name: str, version: str, requires: list[str]) -> bytes:
    data = io.BytesIO()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    module = name.replace("-", "_")
    with zipfile.ZipFile(data, "w") as archive:
        info = f"{module}-{version}.dist-info"
        archive.writestr(zipfile.ZipInfo(f"{info}/METADATA"), "\n".join([*lines, "", ""]))
        archive.writestr(zipfile.ZipInfo(f"{info}/WHEEL"), "Wheel-Version: 1.0\n")
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "")
    return data.getvalue()


def neuron_indexes(folder: Path) -> str:
    """Make an index a release below a folder, and serve them; gives the address of all."""
    for sdk, projects in json.loads((FIXTURES / "neuron-index" / "index.json").read_text()).items():
        for name, (version, requires) in projects.items():
            place = folder / sdk / name
            place.mkdir(parents=True)
            filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
            (place / filename).write_bytes(wheel(name, version, requires))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def pins(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if "==" in line and not line.startswith(("#", " "))]
    found = dict(line.split(" ")[0].split("==") for line in lines)
    return {name: public(version) for name, version in found.items()}


def public(version: str) -> str:
    """A constraint without a local part holds every build."""
    return version.partition("+")[0]


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    try:
        return subprocess.run(
            words, capture_output=True, text=True, check=False, cwd=cwd, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 1, "", f"takes more than {LONGEST} s")


class Comparison:
    """One requirement set, locked by both."""

    def __init__(self, given: dict[str, Any], options: argparse.Namespace, scratch: Path) -> None:
        self.scratch, self.python = scratch, options.python
        self.sdk = given.get("sdk", "")
        self.neuron = f"{options.neuron}/{self.sdk}"
        self.builds = [] if options.no_builds else given.get("build", [])
        self.cache = Path(options.cache or scratch)
        self.requirements = given["requirements"]
        self.reqs = given.get("file", scratch / "reqs.txt")
        if "file" not in given:
            self.reqs.write_text("\n".join(self.requirements) + "\n")
        self.limits = scratch / "limits.txt"
        self.hashed = scratch / "hashed.txt"
        self.document = scratch / "lock.json"

    def ours(self) -> subprocess.CompletedProcess[str]:
        for path in (self.hashed, self.document):
            path.unlink(missing_ok=True)
        own = [
            "--neuron-index-url",
            self.neuron,
            "--sdk",
            self.sdk,
            "--phase",
            "eos",
            "--phase",
            "beta",
        ]
        own += ["--index-url", PYPI]
        return run(
            PIN, "lock", "-r", self.reqs, "--python", self.python, "--platform", PLATFORM,
            "--cache-dir", self.cache / "ours", "--generate-hashes", "-o", self.hashed, "-o",
            self.document, *(own if self.sdk else []),
            *(word for name in self.builds for word in ("--build", name)), cwd=self.scratch,
        )  # fmt: skip

    def theirs(
        self, limits: Iterable[str] = (), prereleases: str = AS_NEEDED
    ) -> subprocess.CompletedProcess[str]:
        """uv's lock, within constraints."""
        self.limits.write_text("".join(f"{limit}\n" for limit in limits))
        own = ["--index", self.neuron, "--default-index", PYPI] if self.sdk else []
        return run(
            UV, "pip", "compile", "--no-config", "--quiet", self.reqs, "-c", self.limits,
            "--prerelease", prereleases,
            "--python-version", self.python, "--python-platform",
            f"x86_64-{PLATFORM.removesuffix('_x86_64')}", "--cache-dir", self.cache / "uv",
            "--no-annotate", "--no-header", *own, cwd=self.scratch,
        )  # fmt: skip

    def within(self, limits: Iterable[str], prereleases: str) -> dict[str, str] | None:
        """The public versions of uv's lock within constraints, none if it has no lock."""
        done = self.theirs(limits, prereleases)
        return None if done.returncode else pins(done.stdout)

    def packages(self) -> list[dict[str, Any]]:
        found = json.loads(self.document.read_text())["packages"]
        return [package for package in found if package["ecosystem"] == "pip"]

    def is_for_pip(self, limit: float) -> bool:
        """Whether pip takes wheels alone, as it does for another platform, and not too many."""
        files = [package["files"][0] for package in self.packages() if package["files"]]
        size = sum(file.get("size") or 0 for file in files) / 1e6
        return size <= limit and all(file["filename"].endswith(".whl") for file in files)

    def installs(self, limit: float) -> str:
        """Who takes the lock: ``uv``, ``uv pip``, or what was said against it."""
        indexes = ["--extra-index-url", self.neuron, "--index-url", PYPI] if self.sdk else []
        environment = self.scratch / "venv"
        if not environment.exists():
            run(UV, "venv", "--quiet", "--no-config", environment, "--python", sys.executable,
                cwd=self.scratch)  # fmt: skip
        done = run(
            UV, "pip", "install", "--no-config", "--dry-run", "--no-deps", "--require-hashes",
            "--python", environment / "bin" / "python", "-r", self.hashed, "--python-version",
            self.python, "--python-platform", "x86_64-manylinux_2_34", "--cache-dir",
            self.cache / "uv", *indexes, cwd=self.scratch,
        )  # fmt: skip
        if done.returncode:
            return f"uv: {done.stderr.strip()[-200:]}"
        if not self.is_for_pip(limit):
            return "uv"
        done = run(
            BIN / "python", "-m", "pip", "install", "--isolated", "--dry-run", "--quiet",
            "--no-deps", "--require-hashes", "--ignore-installed", "--no-cache-dir", "-r",
            self.hashed, "--python-version", self.python, "--platform", "linux_x86_64",
            *(w for tag in tags() for w in ("--platform", tag)), "--only-binary", ":all:",
            "--target", self.scratch / "target", *indexes, cwd=self.scratch,
        )  # fmt: skip
        return f"pip: {done.stderr.strip()[-200:]}" if done.returncode else "uv, pip"


def tags() -> list[str]:
    return ["manylinux2014_x86_64", *(f"manylinux_2_{n}_x86_64" for n in range(34, 16, -1))]


def find_error(text: str) -> str:
    """What a program says is wrong, without the warnings before it."""
    return text[max(text.find("error: "), 0) :].strip()[:500]


def print_row(cells: list[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def compare(comparison: Comparison, name: str, options: argparse.Namespace) -> Counter[str]:
    """Print one row of the table, and give what is counted."""
    ours, theirs = comparison.ours(), comparison.theirs()
    if ours.returncode or theirs.returncode:
        both = {"ours": ours, "uv": theirs}
        failed = {who: done for who, done in both.items() if done.returncode}
        said = [f"{who}: {find_error(done.stderr)}" for who, done in failed.items()]
        print_row([name, "", "", " ".join("; ".join(said).split())])
        return Counter({"without a lock": 1, f"without that of {' and '.join(failed)}": 1})
    mine = {p["name"]: public(p["version"]) for p in comparison.packages()}
    other = pins(theirs.stdout)
    names = {*mine, *other}
    different = find_different(mine, other)
    shown = ", ".join(f"{n} {mine.get(n, '-')} / {other.get(n, '-')}" for n in different)
    equal = len(names) - len(different)
    row = [name, str(len(names)), str(equal), shown]
    print_row(row if options.versions_only else [*row, comparison.installs(options.install)])
    count = Counter(versions=len(names), equal=equal, sets=1, large=int(len(mine) > LARGE))
    rest: Mapping[str, str] = other
    if different:
        verdict = judge(comparison.requirements, mine, other, comparison.within)
        options.described.append(f"- {name} ({len(different)}): {'; '.join(verdict.words)}")
        rest = verdict.rest or {}
    given = {*mine, *rest}
    count["given"] = len(given)
    count["equal of given"] = len(given) - len(find_different(mine, rest))
    return count


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default="3.11")
    parser.add_argument("--cache", default="")
    parser.add_argument("--install", type=float, default=0, metavar="MB")
    parser.add_argument("--files", type=Path, metavar="FOLDER", help="requirement files in it")
    parser.add_argument("--versions-only", action="store_true", help="give locks to no installer")
    parser.add_argument("--no-builds", action="store_true", help="lock without --build")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    options.described = []
    try:
        sets = load_files(options.files.resolve(), options.names) if options.files else load_sets()
    except NotTheFile as error:
        sys.exit(str(error))
    count: Counter[str] = Counter()
    columns = ["set", "packages", "same", "differences (ours / uv's)"]
    columns += [] if options.versions_only else ["installed by"]
    print_row(columns)
    print_row(["---"] * len(columns))
    with tempfile.TemporaryDirectory() as folder:
        options.neuron = neuron_indexes(Path(folder) / "indexes")
        for name in options.names or list(sets):
            comparison = Comparison(sets[name], options, Path(folder))
            count += compare(comparison, name, options)
    for line in ["", *options.described]:
        print(line)
    share = count["equal"] / max(count["versions"], 1)
    print(f"\n{count['equal']} of {count['versions']} versions are the same ({share:.1%}), of")
    print(f"{count['sets']} sets, {count['large']} of them with more than {LARGE} packages;")
    print(f"{count['without a lock']} sets without a lock, {count['without that of ours and uv']}")
    print(f"by either, {count['without that of ours']} by ours alone,")
    print(f"{count['without that of uv']} by uv alone.  With our versions of what was named,")
    share = count["equal of given"] / max(count["given"], 1)
    print(f"{count['equal of given']} of {count['given']} are the same ({share:.1%}).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
