"""The page of a fleet's report in real Chromium."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
from browser import load
from conftest import FIXTURES
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from neuron_pin.cli import main

FILES = FIXTURES / "golden" / "files"
MARKUP = "</title><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on four hosts, one of which is called and holds markup."""
    folder = tmp_path_factory.mktemp("fleet")
    hostile = json.loads((FILES / "fleet" / "node-b.json").read_text())
    hostile["host"] = MARKUP
    for name in ("os", "kernel", "instance"):
        hostile[name] = MARKUP
    hostile["findings"][0]["subject"] = MARKUP
    hostile["packages"][0]["version"] = MARKUP
    (folder / "hostile.json").write_text(json.dumps(hostile))
    (folder / f"{'x' * 20}<b>.json").write_text("no")
    lock, out = str(folder / "lock.txt.json"), folder / "fleet.html"
    assert main(["lock", "--offline", "-q", "--instance", "trn2", "--os", "ubuntu24.04",
                 "--as-of", "2026-08-20", "-o", lock]) == 0  # fmt: skip
    assert main(["fleet", "report", str(FILES / "fleet"), str(folder / "hostile.json"),
                 str(folder / f"{'x' * 20}<b>.json"), "--lock", lock, "-q", "--as-of", "2026-08-20",
                 "--before", str(FILES / "fleet-before"), "-o", str(out)]) == 2  # fmt: skip
    return out


def shown(browser: Any) -> list[str]:
    found: list[str] = browser.execute_script(
        "return [...document.querySelectorAll('tr[data-hosts]')].filter(r => r.offsetHeight)"
        ".map(r => r.dataset.names)"
    )
    return found


def test_it_is_self_contained(page: Path) -> None:
    text = page.read_text()
    assert "default-src 'none'" in text and "script-src 'sha256-" in text
    assert "<script>document" not in text and "<img" not in text
    assert not re.search(r"""url\(|@import|<(?:link|script\s|iframe|object)""", text)
    addresses = [a for a in re.findall(r'href="([^"]*)"', text) if not a.startswith("#")]
    assert addresses and all(a.startswith("https://") for a in addresses)


def test_filters_and_markup_that_stays_text(browser: Any, page: Path) -> None:
    load(browser, page)
    assert browser.title == "AWS Neuron fleet, as of 2026-08-20"
    assert len(shown(browser)) == 4
    Select(browser.find_element(By.NAME, "fit")).select_by_value("blocked")
    WebDriverWait(browser, 20).until(lambda b: shown(b) == ["node-b"])
    browser.find_element(By.CSS_SELECTOR, "form button").click()
    WebDriverWait(browser, 20).until(lambda b: len(shown(b)) == 4)
    browser.find_element(By.NAME, "text").send_keys("NODE-C")
    WebDriverWait(browser, 20).until(lambda b: shown(b) == ["node-c"])
    assert browser.find_element(By.ID, "count").text == "1 of 4 hosts shown"
    assert [row for row in browser.get_log("browser") if row["level"] == "SEVERE"] == []


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
def test_it_fits_and_has_no_barrier(browser: Any, page: Path, width: int, dark: bool) -> None:
    load(browser, page, width, dark=dark)
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width
    package = importlib.util.find_spec("axe_core_python")
    assert package is not None and package.submodule_search_locations
    browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    browser.execute_script((Path(package.submodule_search_locations[0]) / "axe.min.js").read_text())
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1]; axe.run().then(done, e => done(String(e)))"
    )
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found["violations"]] == []
