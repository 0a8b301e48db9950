"""script/findings on scripts of its own, and the form of the findings themselves.

The findings are not run here: they need root, mmdebstrap and a mirror of Debian.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FINDINGS = sorted((ROOT / "findings").glob("*.sh"))
IN_A_ROOT = [finding for finding in FINDINGS if "mmdebstrap" in finding.read_text()]
"""Those about what Debian packages; the others install from PyPI or npm."""

DEBIAN = {"bookworm": "12", "trixie": "13"}

# Name, body, exit code of script/findings, what it says of the script.
STUBS = [
    ("holds", "echo seen", 0, "holds: held"),
    ("differs", "echo other; exit 1", 1, "differs: CHANGED"),
    ("lacks", "echo first; echo no tool; exit 77", 0, "lacks: could not run: no tool"),
    ("is-silent", "exit 77", 0, "is-silent: could not run: no reason given"),
    ("breaks", "exit 5", 1, "breaks: CHANGED (exit code 5)"),
    ("waits", "sleep 60", 0, "waits: could not run: not done after 1 s"),
]


def run_findings(*scripts: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(ROOT / "script" / "findings"), *map(str, scripts)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "FINDINGS_SECONDS": "1"},
    )


def written(folder: Path, name: str, body: str) -> Path:
    script = folder / f"{name}.sh"
    script.write_text(f"{body}\n", encoding="utf-8")
    return script


@pytest.mark.parametrize(("name", "body", "code", "line"), STUBS, ids=[stub[0] for stub in STUBS])
def test_a_finding_is_told_by_its_exit_code(
    tmp_path: Path, name: str, body: str, code: int, line: str
) -> None:
    ran = run_findings(written(tmp_path, name, body))
    assert ran.returncode == code
    assert ran.stdout.splitlines()[0] == line


def test_what_could_not_run_is_not_counted_as_held(tmp_path: Path) -> None:
    ran = run_findings(*(written(tmp_path, name, body) for name, body, _, _ in STUBS[:4]))
    assert ran.returncode == 1
    assert ran.stdout.splitlines()[-1] == "1 held, 1 changed, 2 could not run"
    assert "    other" in ran.stdout.splitlines()


def test_an_unknown_finding_is_an_error() -> None:
    assert run_findings("no-such-finding").returncode == 2


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.stem)
def test_a_finding_has_the_form_that_its_folder_asks_for(finding: Path) -> None:
    lines = finding.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/bin/sh"
    assert re.fullmatch(rf"# {re.escape(finding.stem)}: .+\.", lines[1])
    assert lines[2] == "#"
    head = lines[3 : lines.index("set -eu")]
    assert all(line.startswith("# ") for line in head)
    fields = [
        match[1] for line in head if (match := re.match(r"# ([A-Z][a-z]+(?: with)?): ", line))
    ]
    assert fields[:4] == ["Seen with", "Expected", "Behavior", "Output"]
    assert fields[4:] in ([], ["Matters"])
    assert re.search(r"\b20\d\d-\d\d-\d\d\b", " ".join(head))


# The pins, then the block that makes the root, up to the suite and after it.
PRELUDE = re.compile(
    r"^pins=(?P<quote>['\"])(?P<pins>[^'\"]+)(?P=quote)\n"
    r"(?P<before>if \[ \"\$0\" != /finding \].+?) (?P<suite>\w+)(?P<after> \"\$dir/root\".+?^fi\n)",
    re.MULTILINE | re.DOTALL,
)


def prelude_of(finding: Path) -> re.Match[str]:
    prelude = PRELUDE.search(finding.read_text(encoding="utf-8"))
    assert prelude is not None
    return prelude


@pytest.mark.parametrize("finding", IN_A_ROOT, ids=lambda finding: finding.stem)
def test_a_finding_was_seen_with_what_it_pins(finding: Path) -> None:
    prelude = prelude_of(finding)
    pins = [pin.split("=") for pin in prelude["pins"].replace("\\\n", " ").split()]
    header = finding.read_text(encoding="utf-8").partition("\n# Expected: ")[0]
    line = re.sub(r"\n# +", " ", header.partition("Seen with: ")[2])
    seen = re.fullmatch(r"(.+) \(Debian (\d+)\), 20\d\d-\d\d-\d\d(; by hand, .+)?", line)
    assert seen is not None
    assert [each.split(" ") for each in re.split(", | and ", seen[1])] == pins
    assert seen[2] == DEBIAN[prelude["suite"]]


@pytest.mark.parametrize("finding", sorted({*FINDINGS} - {*IN_A_ROOT}), ids=lambda f: f.stem)
def test_what_a_finding_installs_is_pinned(finding: Path) -> None:
    text = finding.read_text()
    assert re.search(r"[\w.-]+(==|@)\d", text)
    seen = re.search(r"^# Seen with: (.*)$", text, re.M)
    assert seen is not None


def test_each_finding_makes_its_root_in_the_same_way() -> None:
    preludes = {prelude.group("before", "after") for prelude in map(prelude_of, IN_A_ROOT)}
    assert len(preludes) == 1


def test_the_table_lists_each_finding() -> None:
    table = (ROOT / "findings" / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert listed == [finding.stem for finding in FINDINGS]


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_findings_are_posix_sh() -> None:
    scripts = [ROOT / "script" / "findings", *FINDINGS]
    subprocess.run(["shellcheck", "-S", "warning", *scripts], check=True)
