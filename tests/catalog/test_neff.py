"""Which runtime library runs a compiled model: verdicts, the pages behind them, and what is not
stated."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.catalog.neff import (
    Compiler,
    NeffVerdict,
    judge_neff,
    place_version,
    read_neff_facts,
)
from neuron_pin.catalog.sources import find_source_url
from neuron_pin.errors import BrokenCatalog

RUNS, MAY_BREAK = NeffVerdict.RUNS, NeffVerdict.MAY_BREAK
RECOMPILE, NOT_STATED = NeffVerdict.RECOMPILE, NeffVerdict.NOT_STATED

# compiler, its version, runtime library, verdict, a word of the first source
JUDGED = [
    # Of one release, whatever build; of one with several compilers or several libraries.
    ("neuronx-cc", "2.27.5334.0", "2.34.10.0", RUNS, "sdk-policy"),
    ("neuronx-cc", "2.27.5334.0+a3ad0f342", "2.34.10.0-1", RUNS, "sdk-policy"),
    ("neuronx-cc", "2.24.8799.0", "2.31.24.0", RUNS, "sdk-policy"),
    ("neuronx-cc", "2.12.68.0", "2.19.5.0", RUNS, "sdk-policy"),
    # The library is newer, as far as that goes.
    ("neuronx-cc", "2.21.18209.0", "2.34.10.0", RUNS, "sdk-policy"),
    ("neuronx-cc", "2.1.0.76", "2.34.10.0", RUNS, "sdk-policy"),
    ("neuronx-cc", "2.27.5334.0", "2.99.1.0", RUNS, "sdk-policy"),
    ("neuronx-cc", "2.20.9961.0", "2.28.0", RUNS, "sdk-policy"),
    # It is older, by a patch release too.
    ("neuronx-cc", "2.27.5334.0", "2.28.23.0", MAY_BREAK, "nrt-troubleshoot"),
    ("neuronx-cc", "2.27", "2.33.10.0", MAY_BREAK, "nrt-troubleshoot"),
    ("neuronx-cc", "2.28.7631.0", "2.34.10.0", MAY_BREAK, "nrt-troubleshoot"),
    ("neuronx-cc", "2.99.1.0", "2.34.10.0", MAY_BREAK, "nrt-troubleshoot"),
    # Inf1's library stays at an old version in later releases: that says nothing of its age.
    ("neuronx-cc", "2.5.0.28", "2.12.23.0", RUNS, "sdk-policy"),
    ("neuronx-cc", "2.15.128.0", "2.12.23.0", MAY_BREAK, "nrt-troubleshoot"),
    # Another major version, either way.
    ("neuronx-cc", "3.0.1.0", "2.34.10.0", MAY_BREAK, "sdk-policy"),
    ("neuronx-cc", "2.27.5334.0", "3.0.1.0", MAY_BREAK, "sdk-policy"),
    # What pages state of pairs.
    ("neuron-cc", "1.24.0.0", "2.12.23.0", RUNS, "neuron-runtime/faq"),
    ("neuron-cc", "1.24.0.0", "2.23.110.0", RECOMPILE, "components/runtime"),
    ("neuron-cc", "1.24.0.0", "2.22.19.0", RUNS, "neuron-runtime/faq"),
    ("neuron-cc", "1.0.15275.0", "1.0.6904.0", RECOMPILE, "neuron-cc.rst"),
    # The facts cannot tell which is older.
    ("neuron-cc", "1.0.15275.0", "1.0.6905.0", NOT_STATED, ""),
    ("neuron-cc", "1.0.12696.0", "1.0.6904.0", NOT_STATED, ""),
    ("neuronx-cc", "2.99.1.0", "2.99.1.0", NOT_STATED, ""),
    ("neuronx-cc", "2.12.70.0", "2.20.11.0", NOT_STATED, ""),
]  # fmt: skip


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: f"{case[1]} on {case[2]}")
def test_whether_a_model_runs(case: tuple[str, str, str, NeffVerdict, str]) -> None:
    name, version, runtime, verdict, source = case
    catalog = load_catalog()
    found = judge_neff(catalog, read_neff_facts(catalog), Compiler(name, version), runtime)
    assert found.verdict is verdict
    assert bool(found.grounds) is bool(source)
    assert not source or source in found.grounds[0].source


def test_an_older_runtime_library_lacks_what_came_since_and_what_helps_is_named() -> None:
    catalog = load_catalog()
    facts = read_neff_facts(catalog)
    compiler = Compiler("neuronx-cc", "2.25.3371.0")
    found = judge_neff(catalog, facts, compiler, "2.30.51.0")
    # Not what came with a release after that of the compiler.
    assert [limit.sdk for limit in found.lacks] == ["2.29.0"]
    assert (found.update, found.compile_with) == ("2.32.31.0", "2.23.6484.0")
    for runtime, version in ((found.update, compiler.version), ("2.30.51.0", found.compile_with)):
        own = judge_neff(catalog, facts, Compiler("neuronx-cc", version), runtime)
        assert own.verdict is RUNS


def test_every_release_runs_its_own_models_and_those_before() -> None:
    """The policy's rule, over all releases that ship both."""
    catalog = load_catalog()
    facts = read_neff_facts(catalog)
    names = ("neuronx-cc", "aws-neuronx-runtime-lib")
    placed = [
        {v: place_version(catalog, name, v) for v in list(catalog.shipped(name))[::4]}
        for name in names
    ]
    judged = 0
    for version, compiler in placed[0].items():
        for runtime, library in placed[1].items():
            if not compiler.sdks or not library.sdks:
                continue
            verdict = judge_neff(catalog, facts, Compiler(names[0], version), runtime).verdict
            order = [tuple(map(int, s.split("."))) for s in (library.sdks[-1], compiler.sdks[0])]
            assert (verdict is RUNS) == (order[0] >= order[1])
            judged += 1
    assert judged > 60


def test_every_fact_has_a_page_that_is_known_and_says_something() -> None:
    facts = read_neff_facts(load_catalog())
    grounds = [ground for found in facts.grounds.values() for ground in found]
    grounds += [statement.ground for statement in facts.statements]
    grounds += [limit.ground for limit in facts.limits]
    grounds += [change.ground for change in facts.recompilations]
    grounds += facts.families
    assert all(ground.text for ground in grounds)
    sources = [ground.source for ground in grounds]
    sources += [form.source for form in facts.formats]
    sources += [cache.source for cache in facts.caches]
    for source in sources:
        assert find_source_url(source) is not None, f"catalog/vendor_pages.json: {source}"
    assert facts.grounds.keys() == {
        "same-release", "newer-runtime", "older-runtime", "other-major",
    }  # fmt: skip


def test_the_limits_are_of_the_release_that_shipped_that_runtime_library() -> None:
    catalog = load_catalog()
    for limit in read_neff_facts(catalog).limits:
        first = place_version(catalog, "aws-neuronx-runtime-lib", limit.runtime).sdks[0]
        assert first == limit.sdk


def test_a_catalog_of_before_there_was_such_a_file_uses_the_embedded_facts(tmp_path: Path) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(EMBEDDED, folder)
    (folder / "neff.json").unlink()
    assert read_neff_facts(Catalog(str(folder))) == read_neff_facts(load_catalog())


@pytest.mark.parametrize("wrong", [
    {"statements": [{"compiler": "x", "verdict": "perhaps", "text": "", "source": ""}]},
    {"statements": [{"compiler": "x", "compilers": "1", "verdict": "runs"}]},
    {"limits": [{"runtime": "1"}]}, {"formats": "1"}, {"caches": [{"name": 1}]}, [],
])  # fmt: skip
def test_a_broken_file_is_refused(tmp_path: Path, wrong: object) -> None:
    shutil.copy(Path(EMBEDDED) / "catalog.json", tmp_path)
    (tmp_path / "neff.json").write_text(json.dumps(wrong))
    with pytest.raises(BrokenCatalog) as error:
        read_neff_facts(Catalog(str(tmp_path)))
    assert error.value.path == str(tmp_path / "neff.json")
