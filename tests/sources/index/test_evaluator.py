"""From a page's files to its versions."""

from __future__ import annotations

import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from neuron_pin.catalog import load_catalog
from neuron_pin.sources.index.evaluator import make_project
from neuron_pin.sources.index.project_record import ProjectRecord
from neuron_pin.sources.index.simple import parse_page
from neuron_pin.target import make_target

JSON = "application/vnd.pypi.simple.v1+json"
TARGET = make_target(
    load_catalog(), instance=None, system=None, python="3.11",
    platforms=["manylinux_2_28_x86_64"], as_of=date(2026, 8, 21), this_python="3.11",
)  # fmt: skip
SPELLINGS = ("tool_box", "Tool.Box", "tool", "")
VERSIONS = ("1.0", "1.0.0", "1.0_1", "1!2", "2.0rc1", "no", "")
ENDS = (
    "py3-none-any.whl", "cp311-cp311-manylinux_2_17_x86_64.whl", "cp310-cp310-linux_x86_64.whl",
    "1-py3-none-any.whl", "-py3-none-any.whl", "py3-none.whl", "py3-none- any.whl", "py3-none-.whl",
)  # fmt: skip
FILES = st.one_of(
    st.tuples(*map(st.sampled_from, (SPELLINGS, VERSIONS, ENDS))).map("-".join),
    st.tuples(*map(st.sampled_from, (SPELLINGS, VERSIONS))).map(lambda s: "-".join(s) + ".tar.gz"),
)


def make(filenames: list[str]) -> ProjectRecord:
    rows = [{"filename": name, "url": f"/files/{name}"} for name in filenames]
    page = parse_page(json.dumps({"files": rows}).encode(), JSON, "https://index.invalid/simple/x/")
    return make_project(page, "tool-box", TARGET)


@given(st.lists(FILES, unique=True))
def test_each_file_is_judged_as_if_it_were_alone(filenames: list[str]) -> None:
    """Names that share their parts with those before them are not taken apart once more."""
    together = make(filenames)
    alone = [make([name]) for name in filenames]
    assert {Version(offer.version) for offer in together.offers()} == {
        Version(offer.version) for one in alone for offer in one.offers()
    }
    assert together.invalid == sorted(name for one in alone for name in one.invalid)
    fitting = {Version(offer.version) for one in alone for offer in one.offers() if offer.fits}
    assert {Version(offer.version) for offer in together.offers() if offer.fits} == fitting
