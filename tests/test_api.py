"""The Python interface: the examples of docs/reference/api.md, what importing costs, errors, types."""

from __future__ import annotations

import doctest
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, publish

import neuron_pin
from neuron_pin import (
    NeuronPinError,
    NoSolution,
    Reporter,
    Severity,
    SourceFailed,
    Target,
    UnknownName,
    UnreadableInput,
    WrongUsage,
    check,
    diff,
    errors,
    explain,
    explain_pair,
    lifecycle,
    lock,
    plan,
)

DOCS = Path(__file__).parent.parent / "docs" / "reference" / "api.md"
DAY = "2026-08-21"
TRN1 = Target(instance="trn1", os="ubuntu22.04", python="3.11", as_of=DAY)


@pytest.fixture(autouse=True)
def alone(run: Run) -> None:
    """In an empty folder, with nothing set around it."""


# Documentation --------------------------------------------------------------------------


def test_the_examples_of_the_documentation_give_what_it_says() -> None:
    found: dict[str, object] = {}
    blocks = re.findall(r"^```python\n(.*?)^```$", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
    for number, block in enumerate(blocks):
        test = doctest.DocTestParser().get_doctest(block, found, f"block {number}", str(DOCS), 0)
        assert test.examples
        runner.run(test, clear_globs=False)
        found = test.globs
    assert runner.tries > 20
    assert runner.failures == 0


def test_every_function_and_error_is_documented() -> None:
    text = DOCS.read_text()
    for name in neuron_pin.__all__:
        value = getattr(neuron_pin, name)
        if inspect.isfunction(value):
            assert f"## {name}" in text or f"import {name}\n" in text, name
        if inspect.isclass(value) and issubclass(value, NeuronPinError):
            assert f"| `{name}` | {value.exit_code} |" in text, name
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, name
    for name in vars(Reporter):
        assert name.startswith("_") or f"`{name}(" in text, name


# Imports --------------------------------------------------------------------------------


def modules(code: str) -> set[str]:
    """The modules of the package that some code imports, in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    return {name for name in done.stdout.split() if name.partition(".")[0] == "neuron_pin"}


def test_importing_the_package_imports_nothing_of_it() -> None:
    assert modules("import neuron_pin; neuron_pin.__version__; dir(neuron_pin)") == {"neuron_pin"}


def test_a_name_imports_what_it_needs() -> None:
    assert modules("from neuron_pin import NoSolution, errors") == {
        "neuron_pin",
        "neuron_pin.errors",
        "neuron_pin.record",
    }
    loaded = modules("from neuron_pin import lock")
    assert "neuron_pin.api" in loaded
    rooms = {name.split(".")[1] for name in loaded if "." in name}
    assert not rooms & {"cli", "planner", "audit", "operations", "outputs", "proxy"}


def test_every_public_name_is_there_and_no_module_hides_one() -> None:
    assert sorted(neuron_pin.__all__) == neuron_pin.__all__
    assert set(neuron_pin.__all__) <= set(dir(neuron_pin))
    for name in neuron_pin.__all__:
        assert getattr(neuron_pin, name) is not None
    # Importing a module sets its name in the package, whatever was there.
    modules_of_ours = {module.name for module in pkgutil.iter_modules(neuron_pin.__path__)}
    assert modules_of_ours & set(neuron_pin.__all__) == {"errors"}
    with pytest.raises(AttributeError):
        neuron_pin.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_every_error_is_public() -> None:
    raised = {n for n, v in vars(errors).items() if inspect.isclass(v) and issubclass(v, Exception)}
    assert raised <= set(neuron_pin.__all__)


# The same as the command line -----------------------------------------------------------


def test_a_lock_is_that_of_the_command_line(run: Run) -> None:
    words = ["--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.11", "--as-of", DAY]
    for requirements in ([], ["torch-neuronx==2.9.*", "aws-neuronx-tools"]):
        done = run("lock", *requirements, "--offline", "--format", "json", *words)
        ours = json.loads(lock(requirements, target=TRN1, offline=True).render("json"))
        text = json.dumps(ours).replace("the caller", "command line")
        ours, theirs = json.loads(text), json.loads(done.out)
        assert ours.pop("command") != theirs.pop("command")
        assert ours == theirs


def test_every_format_that_needs_no_files_can_be_rendered() -> None:
    found = lock(target=TRN1, offline=True)
    for form in ("constraints", "apt-preferences", "json", "uv", "pip-conf", "text", "hook-state"):
        assert found.render(form) == found.render(form) != ""
    with pytest.raises(WrongUsage):
        found.render("pylock")
    # It becomes a line of a file.
    with pytest.raises(WrongUsage):
        found.render("constraints", command="a\nb")


def test_a_lock_of_python_is_verified(run: Run) -> None:
    Path("lock.json").write_text(lock(["torch-neuronx"], target=TRN1, offline=True).render("json"))
    assert run("why", "torch-neuronx").code == 0
    assert "the caller" in run("why", "torch-neuronx").out
    assert diff("lock.json", "latest", instance="trn1", as_of=DAY).old.sdk
    assert plan(target=Target(as_of=DAY), start="lock.json").hops


def test_settings_around_the_process_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    before = lock(["torch-neuronx==2.9.*"], target=TRN1, offline=True)
    monkeypatch.setenv("NEURON_PIN_SDK", "2.29.0")
    Path("pyproject.toml").write_text('[tool.neuron-pin]\nsdk = "2.29.0"\n')
    assert lock(["torch-neuronx==2.9.*"], target=TRN1, offline=True) == before


def test_options_reach_the_lock(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("${WHICH}==2.9.*\n")
    found = lock(
        requirement=[file], target=TRN1, offline=True, pin="minor", sdk="2.29", expires=DAY,
        environ={"WHICH": "torch-neuronx"},
    )  # fmt: skip
    assert (found.sdk or "").startswith("2.29.")
    assert found.expires == DAY
    assert not found.packages[0].pin.is_exact
    assert found.packages[0].via == (f"{file}:1",)


# Indexes and progress -------------------------------------------------------------------


class Events(Reporter):
    def __init__(self) -> None:
        self.seen: list[tuple[str, object]] = []

    def requested(self, url: str) -> None:
        self.seen.append(("requested", url))

    def trying(self, sdk: str) -> None:
        self.seen.append(("trying", sdk))

    def conflicted(self, message: str) -> None:
        self.seen.append(("conflicted", message))

    def resolved(self, packages: int) -> None:
        self.seen.append(("resolved", packages))


def test_a_closure_from_an_index_is_reported(serve, tmp_path: Path) -> None:
    server = serve()
    publish(server, {"top": [("1.0", ("bottom>=1",))], "bottom": [("1.5", ())]}, as_json=True)
    index = f"{server.url}/simple".replace("http://", "http://name:secret@")
    options: dict[str, Any] = {
        "index_url": index,
        "trusted_host": ["127.0.0.1"],
        "cache_dir": tmp_path / "cache",
    }
    events = Events()
    found = lock(
        ["top"], target=TRN1, all_files=True, reporter=events, timeout=5,
        **options,
    )  # fmt: skip
    assert [(p.key.name, p.version) for p in found.packages] == [("bottom", "1.5"), ("top", "1.0")]
    asked = [str(url) for event, url in events.seen if event == "requested"]
    assert sorted(asked) == sorted(f"{server.url}{path}" for path, _ in server.requests)
    assert events.seen[-1] == ("resolved", 2)
    assert "secret" not in str(events.seen)
    assert found.render("pylock").count("[[packages]]") == 2
    # The cache answers the second time, and nothing is asked.
    events = Events()
    lock(["top"], target=TRN1, all_files=True, reporter=events, **options)
    assert events.seen == [("resolved", 2)]


def test_releases_and_conflicts_are_reported() -> None:
    events = Events()
    lock(["torch-neuronx==2.9.*"], target=TRN1, offline=True, reporter=events)
    assert events.seen == [("trying", "2.32.0"), ("trying", "2.31.1"), ("resolved", 1)]
    events = Events()
    with pytest.raises(NoSolution) as caught:
        lock(["neuronx-cc==2.21.*", "torch-neuronx==2.9.*"], target=TRN1, offline=True, reporter=events)  # fmt: skip
    assert ("conflicted", caught.value.message) in events.seen
    assert "resolved" not in dict(events.seen)


# Errors ---------------------------------------------------------------------------------

BAD: dict[str, dict[str, Any]] = {
    "installer": {"installer": "conda"},
    "scope": {"scope": "moon"},
    "pin": {"pin": "loose"},
    "number": {"python": 3.11},
    "sdk": {"sdk": 2.31},
}
"""What a type checker would refuse."""

WRONG: dict[str, tuple[Callable[[], object], type[NeuronPinError]]] = {
    "unknown-package": (lambda: lock(["torch-neuronxx"], target=TRN1, offline=True), UnknownName),
    "unknown-instance": (lambda: lock(["x"], target=Target(instance="trn9"), offline=True), UnknownName),
    "unknown-os": (lambda: check(["x"], target=Target(os="beos1")), UnknownName),
    "unknown-phase": (lambda: check(["x"], target=Target(phases=["dead"])), UnknownName),
    "unknown-sdk": (lambda: lock(["torch-neuronx"], sdk="9.9.9", offline=True), UnknownName),
    "unknown-subject": (lambda: lifecycle(["nothing"]), UnknownName),
    "unknown-kind": (lambda: lifecycle(kind=["nothing"]), UnknownName),
    "unknown-state": (lambda: diff("2.29.0", "nowhere"), WrongUsage),
    "unknown-ami": (lambda: plan(target=TRN1, ami="nothing"), UnknownName),
    "unknown-installer": (lambda: plan(target=TRN1, **BAD["installer"]), UnknownName),
    "no-os": (lambda: plan(target=Target(instance="trn1")), WrongUsage),
    "nothing-asked": (lambda: lock(target=Target(as_of=DAY), offline=True), WrongUsage),
    "python": (lambda: explain("torch-neuronx", target=Target(python="three")), WrongUsage),
    "scope": (lambda: check([], target=Target(**BAD["scope"])), WrongUsage),
    "number": (lambda: lock(["nki"], target=Target(**BAD["number"]), offline=True), WrongUsage),
    "number-of-release": (lambda: explain("nki", target=TRN1, **BAD["sdk"]), WrongUsage),
    "day": (lambda: lifecycle(as_of="yesterday"), WrongUsage),
    "target-day": (lambda: check([], target=Target(as_of="yesterday")), WrongUsage),
    "pin": (lambda: lock(["torch-neuronx"], offline=True, **BAD["pin"]), WrongUsage),
    "timeout": (lambda: lock(["torch-neuronx"], timeout=0, offline=True), WrongUsage),
    "within": (lambda: check([], within=-1), WrongUsage),
    "requirement": (lambda: lock(["torch-neuronx=="], offline=True), WrongUsage),
    "hashes": (lambda: lock(["torch-neuronx"], target=TRN1, pin="major", generate_hashes=True), WrongUsage),
    "no-file": (lambda: lock(requirement=["none.txt"], target=TRN1, offline=True), UnreadableInput),
    "no-path": (lambda: lock(constraint=["a\0b"], target=TRN1, offline=True), WrongUsage),
    "no-folder": (lambda: diff("a\0b", "2.29.0"), WrongUsage),
    "no-lock": (lambda: check([], lock="none.json"), UnreadableInput),
    "no-solution": (lambda: lock(["torch-neuronx==1.9.*"], target=TRN1, offline=True), NoSolution),
    "no-source": (lambda: lock(["requests"], target=TRN1, offline=True), SourceFailed),
    "no-pair": (lambda: explain_pair("torch-neuronx", "nothing", target=TRN1, offline=True), WrongUsage),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_is_of_the_hierarchy(name: str) -> None:
    call, kind = WRONG[name]
    with pytest.raises(NeuronPinError) as caught:
        call()
    assert isinstance(caught.value, kind)
    assert caught.value.message
    assert caught.value.exit_code == kind.exit_code


@pytest.mark.parametrize(
    "call",
    [
        lambda: lock("torch-neuronx"),
        lambda: lock(requirement="requirements.txt"),
        lambda: lock(["x"], extra_index_url="https://index.invalid"),
        lambda: lock(["x"], find_links=Path("wheels")),  # type: ignore[arg-type]
        lambda: check("requirements.txt"),
        lambda: check([], target=Target(phases="eos")),
        lambda: lifecycle("neuronx-cc"),
        lambda: lock(["x"], ofline=True),  # type: ignore[call-arg]
        lambda: explain("x", apt_repos=[]),  # type: ignore[call-arg]
    ],
)
def test_one_string_is_no_list_and_no_keyword_is_passed_over(call) -> None:
    with pytest.raises(TypeError):
        call()


def test_what_cannot_be_read_is_a_finding() -> None:
    checked = check(["none.txt"], venv=["none"], image=["none.tar"], target=TRN1)
    assert [finding.severity for finding in checked.findings] == [Severity.ERROR] * 3
    assert all(isinstance(error, NeuronPinError) for error in checked.errors)


def test_comments_that_ignore_findings_count() -> None:
    index = "--extra-index-url https://pip.repos.neuron.amazonaws.com\n"
    ignored = "torch-neuronx==2.5.1.2.*  # neuron-pin: ignore[NP201] later\n"
    Path("a.txt").write_text(index + ignored)
    Path("b.txt").write_text(f"{index}torch-neuronx==2.5.1.2.*\n")
    assert {finding.place for finding in check(["a.txt", "b.txt"], target=TRN1).findings} == {
        "b.txt:2"
    }


# Types ----------------------------------------------------------------------------------


def test_a_caller_is_checked_strictly(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir",
         str(tmp_path / "mypy"), "--follow-imports", "silent", "tests/api_caller.py"],
        capture_output=True, text=True, check=False, cwd=root,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
