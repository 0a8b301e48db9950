"""The time line page in real Chromium: filters, keyboard, dark, narrow, printed, accessible."""

import base64
import importlib.util
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import load
from conftest import sample
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from neuron_pin.cli import main

AS_OF = "2026-03-20"
EVERYTHING = 308
"""Subjects that the facts know on 2026-08-20."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The page with a lock on it, and one of today's facts without."""
    place = tmp_path_factory.mktemp("page")
    lock = str(place / "lock.json")
    assert main(["lock", "--offline", "-q", "--instance", "trn1", "--os", "ubuntu24.04",
                 "--python", "3.12", "torch-neuronx==2.8.*", "neuronx-cc",
                 "--sdk", "2.28.1", "--as-of", AS_OF, "-o", lock]) == 0  # fmt: skip
    page = ["lifecycle", "--format", "html", "-q"]
    assert main([*page, "--as-of", AS_OF, "--lock", lock, "-o", str(place / "lock.html")]) == 0
    assert main([*page, "--as-of", "2026-08-20", "-o", str(place / "all.html")]) == 0
    assert main([*page, "--as-of", "2026-11-28", "-o", str(place / "late.html")]) == 0
    return place


def shown(browser) -> list[str]:
    return browser.execute_script(
        "return [...document.querySelectorAll('tr[data-kind]')].filter(r => r.offsetHeight)"
        ".map(r => r.dataset.name)"
    )


def show_everything(browser) -> list[str]:
    """Every row, as the button shows them."""
    browser.find_element(By.CSS_SELECTOR, "form button").click()
    everything = len(browser.find_elements(By.CSS_SELECTOR, "tr[data-kind]"))
    return until(browser, lambda rows: len(rows) == everything)


def until(browser, wanted: Callable[[list[str]], bool]) -> list[str]:
    """The rows once they are as wanted: the browser dispatches events when it likes."""
    WebDriverWait(browser, 20).until(lambda b: wanted(shown(b)))
    return shown(browser)


def test_the_page_is_small_and_self_contained(folder: Path) -> None:
    for name in ("lock.html", "all.html"):
        text = (folder / name).read_text()
        assert len(text.encode()) < 420_000
        # Links lead to announcements; nothing is fetched.
        assert not re.search(r"""src\s*=|url\(|@import|<link""", text)
        addresses = set(re.findall(r"""href\s*=\s*"([^"]*)""", text))
        assert len(addresses) > 50
        pages = (
            "https://github.com/aws-neuron/aws-neuron-sdk/blob/",
            "https://awsdocs-neuron.readthedocs-hosted.com/en/v2.",
        )
        assert all(a.startswith(pages) for a in addresses)
        assert text.count("https://") == len(re.findall("href=", text))


def test_filters(browser, folder: Path) -> None:
    load(browser, folder / "lock.html")
    everything = show_everything(browser)
    count = browser.find_element(By.ID, "count")
    assert count.text == f"{len(everything)} of {len(everything)} shown"
    Select(browser.find_element(By.NAME, "kind")).select_by_value("framework")
    Select(browser.find_element(By.NAME, "framework")).select_by_value("pytorch")
    Select(browser.find_element(By.NAME, "phase")).select_by_value("eos")
    pytorch = [n for n in everything if n.startswith("torch-neuron")]
    names = until(browser, lambda rows: set(rows) < set(pytorch))
    assert "torch-neuronx 2.5" in names
    assert "torch-neuronx 2.8" not in names
    assert len(browser.find_elements(By.CSS_SELECTOR, "tbody:not([hidden])")) == 1
    assert count.text.startswith(f"{len(names)} of ")
    show_all = browser.find_element(By.CSS_SELECTOR, "form button")
    show_all.click()
    until(browser, lambda rows: rows == everything)
    Select(browser.find_element(By.NAME, "instance")).select_by_value("inf1")
    names = until(browser, lambda rows: "torch-neuronx 2.8" not in rows)
    assert "torch-neuron 1.13" in names
    show_all.click()
    until(browser, lambda rows: rows == everything)


def test_it_opens_on_what_is_supported_newest_first(browser, folder: Path) -> None:
    load(browser, folder / "all.html")
    names = shown(browser)
    assert 30 < len(names) < 80
    assert names[:3] == [
        "libtorch-neuronx-lite 2.12",
        "libtorch-neuronx-lite 2.11",
        "mx-neuron 1.8",
    ]
    assert {"torch-neuronx 2.9", "python 3.12", "trn2", "neuron-sdk 2.32.0"} <= set(names)
    assert not {"torch-neuronx 2.5", "python 3.7", "neuron-sdk 2.31.1", "dmlc-nnvm"} & set(names)
    everything = show_everything(browser)
    assert len(everything) == EVERYTHING
    frameworks = [name for name in everything if re.fullmatch(r"torch-neuronx \d.*", name)]
    numbers = [tuple(map(int, name.split()[1].split("."))) for name in frameworks]
    assert numbers == sorted(numbers, reverse=True)


def test_with_a_lock_it_opens_on_what_is_in_it(browser, folder: Path) -> None:
    load(browser, folder / "lock.html")
    names = shown(browser)
    assert len(names) < 40
    assert "torch-neuronx 2.9" not in names
    assert {"torch-neuronx 2.8", "python 3.12", "ubuntu24.04", "trn1", "neuron-sdk 2.28.1"} <= set(
        names
    )
    show_everything(browser)


def segments(browser, name: str) -> list[tuple[str, float, float]]:
    """A row's bars: classes, left and right end in percent of the axis."""
    return browser.execute_script(
        "return [...document.querySelectorAll(`tr[data-name='${arguments[0]}'] .bar i`)].map("
        "i => [i.className, parseFloat(i.style.left),"
        " parseFloat(i.style.left) + parseFloat(i.style.width)])",
        name,
    )


def test_nothing_is_said_of_days_after_the_facts(browser, folder: Path) -> None:
    load(browser, folder / "late.html")
    assert browser.find_element(By.CSS_SELECTOR, "p.warning").text
    bars = segments(browser, "trn2")
    assert [look for look, _, _ in bars] == ["stable", "stable unknown"]
    # From 2022-01-01 to 2027-07-01, 2026-08-22 is day 1694 of 2007.
    assert bars[0][2] == pytest.approx(1694 / 2007 * 100, abs=0.1)
    ended = segments(browser, "torch-neuronx 2.5")
    assert ended[-1][0] == "eos"
    key = browser.find_element(By.CLASS_NAME, "key").text
    assert "unknown" in key
    assert "2026-08-21" in key
    used = set(browser.execute_script(
        "return [...document.querySelectorAll('.bar i')].map(i => i.className)"))  # fmt: skip
    shown_in_key = " ".join(browser.execute_script(
        "return [...document.querySelectorAll('.key i')].map(i => i.className)"))  # fmt: skip
    assert {word for look in used for word in look.split()} <= set(shown_in_key.split())
    # The last day that is guaranteed lies on the axis.
    right = segments(browser, "libtorch-neuronx-lite 2.11")[-1][2]
    assert right < 100
    load(browser, folder / "all.html")
    assert not browser.find_elements(By.CSS_SELECTOR, "p.warning")
    assert not browser.find_elements(By.CSS_SELECTOR, ".bar i.unknown")


def test_announcements_are_links(browser, folder: Path) -> None:
    load(browser, folder / "all.html")
    links = browser.execute_script(
        "return [...document.querySelectorAll(`tr[data-name='torch-neuronx 2.5'] a`)]"
        ".map(a => a.href)"
    )
    assert links
    assert all("/announcements/neuron2.x/" in link for link in links)


def test_the_lock_and_its_horizon_are_told(browser, folder: Path) -> None:
    load(browser, folder / "lock.html")
    text = browser.find_element(By.TAG_NAME, "main").text
    assert "SDK 2.28.1 for trn1, ubuntu24.04, Python 3.12" in text
    assert "2026-04-08" in text
    assert "torch-neuronx 2.8" in text


def test_the_keyboard_is_enough(browser, folder: Path) -> None:
    load(browser, folder / "lock.html")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    # First what the lock's line links to.
    assert browser.switch_to.active_element.tag_name == "a"
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("name") == "show"
    browser.switch_to.active_element.send_keys("everything")
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("name") == "text"
    browser.switch_to.active_element.send_keys("torch-neuronx 2.8")
    until(browser, lambda rows: rows == ["torch-neuronx 2.8"])
    for _ in range(12):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element.tag_name == "summary":
            break
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    opened = "tr:not([hidden]) details[open]"
    WebDriverWait(browser, 20).until(lambda b: b.find_elements(By.CSS_SELECTOR, opened))
    details = browser.find_element(By.CSS_SELECTOR, opened)
    assert "not before 2026-06-19" in details.text
    outline = browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_the_day_is_a_vertical_line_at_its_place(browser, folder: Path) -> None:
    load(browser, folder / "all.html")
    left, width = browser.execute_script(
        "const bar = document.querySelector('tr[data-supported] .bar');"
        "return [parseFloat(getComputedStyle(bar, '::after').left), bar.clientWidth]"
    )
    # From 2022-01-01 to 2027-07-01, 2026-08-20 is day 1692 of 2007.
    assert left / width == pytest.approx(1692 / 2007, abs=0.005)


def luminance(browser, selector: str) -> float:
    color = browser.execute_script(
        f"return getComputedStyle(document.querySelector('{selector}')).backgroundColor"
    )
    red, green, blue = (int(n) for n in re.findall(r"\d+", color)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_light_and_dark(browser, folder: Path) -> None:
    load(browser, folder / "all.html")
    assert luminance(browser, "body") > 200
    load(browser, folder / "all.html", dark=True)
    assert luminance(browser, "body") < 60


@pytest.mark.parametrize("width", [360, 400, 720, 1280])
def test_nothing_runs_out_of_the_window(browser, folder: Path, width: int) -> None:
    load(browser, folder / "lock.html", width=width)
    inner, outer = browser.execute_script(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert inner <= outer
    # Nor out of the box of the filters.
    outside = browser.execute_script(
        "const box = document.querySelector('form').getBoundingClientRect();"
        "return [...document.querySelectorAll('form *')].filter(e => e.offsetHeight &&"
        " e.getBoundingClientRect().right > box.right).map(e => e.outerHTML.slice(0, 60))"
    )
    assert outside == []
    sizes = browser.execute_script(
        "return [...document.querySelectorAll('td, th, summary')].filter(e => e.offsetHeight)"
        ".map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 12


def test_it_prints_without_the_form(browser, folder: Path) -> None:
    load(browser, folder / "all.html")
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert pdf.startswith(b"%PDF-")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 20
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    assert not browser.find_element(By.TAG_NAME, "form").is_displayed()


@pytest.mark.parametrize(
    ("width", "dark"), sample([(1280, False), (360, True), (1280, True), (360, False)], 2)
)
def test_axe_finds_no_barrier(browser, folder: Path, width: int, dark: bool) -> None:
    package = importlib.util.find_spec("axe_core_python")
    assert package is not None
    assert package.submodule_search_locations
    script = Path(package.submodule_search_locations[0]) / "axe.min.js"
    load(browser, folder / "lock.html", width=width, dark=dark)
    browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    browser.execute_script(script.read_text(encoding="utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1]; axe.run().then(done, e => done(String(e)))"
    )
    assert isinstance(found, dict), found
    violations = [(v["id"], v["nodes"][0]["html"][:120]) for v in found["violations"]]
    assert violations == []
    assert len(found["passes"]) > 10


def test_nothing_is_said_on_the_console(browser, folder: Path) -> None:
    browser.get_log("browser")
    load(browser, folder / "lock.html")
    shown(browser)
    assert browser.get_log("browser") == []


def test_markup_in_a_lock_stays_text(browser, folder: Path, tmp_path: Path) -> None:
    document = json.loads((folder / "lock.json").read_text())
    document["packages"][0]["version"] = '"><hr title=x>'
    document["packages"][1]["name"] = "</script><hr>"
    document["sdk"] = "<b>2.28.1"
    lock = tmp_path / "<i>lock.json"
    lock.write_text(json.dumps(document))
    out = tmp_path / "page.html"
    assert main(["lifecycle", "--as-of", AS_OF, "--format", "html", "-q", "--lock", str(lock),
                 "-o", str(out)]) == 0  # fmt: skip
    load(browser, out)
    assert browser.find_elements(By.TAG_NAME, "hr") == []
    assert "<b>2.28.1" in browser.find_element(By.TAG_NAME, "main").text
    assert len(browser.find_elements(By.TAG_NAME, "script")) == 1


def test_without_the_script_everything_is_there(browser, folder: Path, tmp_path: Path) -> None:
    text = (folder / "all.html").read_text()
    plain = tmp_path / "plain.html"
    plain.write_text(re.sub(r"<script>.*</script>", "", text, flags=re.S))
    load(browser, plain)
    assert len(shown(browser)) == EVERYTHING
    assert not browser.find_element(By.TAG_NAME, "form").is_displayed()


def test_the_drawing_is_well_formed_and_has_every_row(run, browser) -> None:
    from xml.etree import ElementTree

    done = run("lifecycle", "--as-of", AS_OF, "--format", "svg")
    assert done.code == 0
    root = ElementTree.parse(io.StringIO(done.out)).getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}g")) == 273
    assert "https" not in done.out
    Path("a.svg").write_text(done.out)
    browser.get_log("browser")
    load(browser, Path("a.svg").resolve())
    assert browser.execute_script("return document.documentElement.tagName") == "svg"
    assert browser.get_log("browser") == []
