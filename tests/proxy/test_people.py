"""The pages for people in real Chromium: phases in color, what is withheld, accessible."""

from __future__ import annotations

import importlib.util
import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from proxy_world import put_public
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from neuron_pin.proxy.html_pages import Origin, render_overview
from neuron_pin.proxy.view import View
from neuron_pin.proxy.withheld import shorten_agent

SCHEMAS = Path(__file__).parent.parent.parent / "docs/schemas"
WIDTHS = [1280, 400, 360]


@pytest.fixture
def index(pair, served):
    found = served(*pair.options)
    for name in ("torch-neuronx", "libneuronxla", "vllm-neuron"):
        found.get(f"/simple/{name}/", User_Agent="pip/26.3 <b>")
    return found


def show(browser, url: str, *, width: int = 1280, dark: bool = False) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": [feature]})
    browser.get(url)


def cells(browser) -> list[list[str]]:
    return browser.execute_script(
        "return [...document.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.innerText))"
    )


def test_a_project_with_its_phases(browser, index) -> None:
    show(browser, f"{index.url}/project/torch-neuronx/")
    assert browser.find_element(By.TAG_NAME, "h1").text == "torch-neuronx"
    rows = {row[0].partition("+")[0]: row for row in cells(browser)}
    newest, ended = rows["2.9.0.2.13.24727"], rows["2.8.0.2.10.16998"]
    assert newest[1:] == ["maintenance", "2.29.0", "1", "served"]
    assert ended[1:3] == ["end of support", "2.26.1"]
    assert "yanked: NP201: torch-neuronx 2.8 has been out of support since 2026-04-09" in ended[4]
    # Versions in their own order, newest first.
    assert [row[0].partition("+")[0] for row in cells(browser)] == [
        "2.9.0.2.13.24727", "2.8.0.2.10.16998", "2.1.1.2.0.1b0",
    ]  # fmt: skip
    colors = browser.execute_script(
        "return [...document.querySelectorAll('tbody i')].map(i => getComputedStyle(i).backgroundColor"
        " + getComputedStyle(i).backgroundImage)"
    )
    assert len(set(colors)) == 2
    assert all("0 rgba" not in color for color in colors)


def test_what_is_withheld_of_a_project(browser, index) -> None:
    show(browser, f"{index.url}/project/libneuronxla/")
    text = browser.find_element(By.TAG_NAME, "main").text
    assert "Not served" in text
    assert "NP401" in text
    assert "libneuronxla" in text
    # From there to where the public index has it.
    browser.find_element(By.LINK_TEXT, "Withheld files").click()
    rows = cells(browser)
    assert any("pip/26.3 <b>" in row[0] and row[1].startswith("libneuronxla") for row in rows)
    browser.find_element(By.LINK_TEXT, "Packages").click()
    assert browser.find_element(By.TAG_NAME, "h1").text == "neuron-pin index"
    browser.find_element(By.LINK_TEXT, "torch-neuronx").click()
    assert browser.current_url == f"{index.url}/project/torch-neuronx/"


def test_the_first_page_says_how_to_install_from_it(browser, index) -> None:
    show(browser, f"{index.url}/instance/trn2/")
    lines = [found.text for found in browser.find_elements(By.CSS_SELECTOR, ".copy code")]
    assert lines == [
        f"python3 -m pip install --index-url {index.url}/instance/trn2/simple/ torch-neuronx",
        f"neuron-pin hook install pip uv --via {index.url}/instance/trn2",
    ]
    button = browser.find_element(By.CSS_SELECTOR, ".copy button")
    button.click()
    WebDriverWait(browser, 20).until(lambda b: button.text != "Copy")
    assert button.text in ("Copied", "Selected")
    browser.get_log("browser")


def test_what_is_copied_can_be_selected_without_the_script(browser, index) -> None:
    show(browser, f"{index.url}/")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        show(browser, f"{index.url}/")
        assert browser.find_elements(By.CSS_SELECTOR, ".copy button") == []
        browser.find_element(By.CSS_SELECTOR, ".copy code").click()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    selected = browser.execute_script("return getSelection().toString()")
    assert selected == f"python3 -m pip install --index-url {index.url}/simple/ torch-neuronx"


@pytest.mark.parametrize(
    ("path", "below"), [("/", ""), ("/sdk/2.29/trn1/", "/sdk/2.29.1/instance/trn1")]
)
def test_both_lines_lead_to_the_view_of_the_page(index, path: str, below: str) -> None:
    text = index.get(path).text
    assert f"--index-url {index.url}{below}/simple/ " in text
    assert f"--via {index.url}{below}<" in text


def test_a_view_lists_its_own_packages(index) -> None:
    assert "transformers-neuronx/" in index.get("/").text
    text = index.get("/sdk/2.29/trn2/").text
    assert "transformers-neuronx/" not in text
    assert "project/torch-neuronx/" in text


def test_nothing_withheld_is_no_table(pair, served) -> None:
    text = served(*pair.options).get("/withheld/").text
    assert "Nothing was withheld yet" in text
    assert "<table" not in text


@pytest.mark.parametrize("host", ["a.invalid:80", "[::1]:8080"])
def test_the_line_names_the_host_that_was_asked(index, host: str) -> None:
    assert f"--index-url http://{host}/simple/" in index.get("/", Host=host).text


@pytest.mark.parametrize("host", ['a"><b>', "a/b", "a b", "x" * 400])
def test_a_host_that_is_none_is_not_shown(index, host: str) -> None:
    text = index.get("/", Host=host).text
    assert "http://HOST:PORT/simple/" in text
    assert host not in text


def test_what_no_release_has_any_more_is_not_called_stable(browser, catalog, tmp_path) -> None:
    page = tmp_path / "overview.html"
    here = Origin("http://a.invalid", 0)
    page.write_text(render_overview(View(), catalog, {}, date(2026, 11, 28), here))
    show(browser, page.as_uri())
    shown = {row[0]: row for row in cells(browser)}
    assert shown["dmlc-nnvm"][1:3] == ["no longer shipped", "2.10.0 to 2.23.0"]
    assert shown["nki"][1] == "stable"
    assert list(shown).index("nki") < list(shown).index("dmlc-nnvm")
    # Closed behind a fold, which the keyboard opens.
    folded = browser.execute_script(
        "return [...document.querySelectorAll('details tbody tr')].map(r => r.checkVisibility())"
    )
    assert folded
    assert not any(folded)
    browser.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    assert browser.find_element(By.CSS_SELECTOR, "details tbody tr").is_displayed()


@pytest.mark.parametrize(("today", "old"), [("2026-09-20", False), ("2026-11-28", True)])
def test_old_catalog_data_is_a_warning(catalog, today: str, old: bool) -> None:
    here = Origin("http://a.invalid", 0)
    page = render_overview(View(), catalog, {}, date.fromisoformat(today), here)
    assert ('class="warning"' in page) is old
    assert ("99 days old" in page) is old


def test_links_of_views_and_rules_lead_somewhere(browser, index) -> None:
    show(browser, f"{index.url}/")
    views = [a.get_attribute("href") for a in browser.find_elements(By.CSS_SELECTOR, "main ul a")]
    assert len(views) > 3
    for view in views:
        assert index.get(view.removeprefix(index.url)).status == 200
        assert index.get(f"{view.removeprefix(index.url)}simple/torch-neuronx/").status == 200
    show(browser, f"{index.url}/project/libneuronxla/")
    browser.find_element(By.LINK_TEXT, "NP401").click()
    assert browser.current_url == f"{index.url}/rules/#NP401"
    assert browser.find_element(By.ID, "NP401").is_displayed()


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PIP = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, "
    "text/html; q=0.01"
)


@pytest.mark.parametrize(("path", "status"), [
    ("/simple/broken/", 502), ("/project/broken/", 502), ("/nothing", 404), ("/project/absent/", 404),
    ("/sdk/9.9/", 404),
])  # fmt: skip
def test_errors_are_pages_for_browsers_and_lines_for_installers(
    index, pair, path: str, status: int
) -> None:
    pair.public.answers["/simple/broken/"] = (500, {}, b"")
    page = index.get(path, accept=BROWSER)
    assert (page.status, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "<h1>" in page.text
    if path.startswith("/project/absent"):
        return
    for accept in (PIP, "text/html", "*/*"):
        line = index.get(path, accept=accept)
        assert (line.status, line.headers["content-type"]) == (status, "text/plain; charset=utf-8")
        assert "<" not in line.text


# what a client says of itself, what is shown of it
AGENTS = [
    ('pip/23.2.1 {"ci":null,"cpu":"x86_64","distro":{"id":"bookworm"},"implementation":'
     '{"name":"CPython","version":"3.11.2"},"installer":{"name":"pip"}}', "pip/23.2.1 CPython 3.11"),
    ('uv/0.5.1 {"installer":{"name":"uv","version":"0.5.1"},"implementation":'
     '{"name":"CPython","version":"3.12.3"}}', "uv/0.5.1 CPython 3.12"),
    ("pip/19.0 {broken", "pip/19.0"),
    ("poetry/2.0.0 CPython/3.11 Linux/6.1", "poetry/2.0.0 CPython/3.11 Linux/6.1"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("agent", "shown"), AGENTS)
def test_what_a_client_says_of_itself_is_short(agent: str, shown: str) -> None:
    assert shorten_agent(agent) == shown


def test_views_lead_to_projects_in_the_same_view(browser, index) -> None:
    show(browser, f"{index.url}/as-of/2025-12-01/")
    browser.find_element(By.LINK_TEXT, "torch-neuronx").click()
    assert browser.current_url == f"{index.url}/as-of/2025-12-01/project/torch-neuronx/"
    assert "as of 2025-12-01" in browser.find_element(By.TAG_NAME, "main").text
    assert "2026-04-09" in browser.find_element(By.TAG_NAME, "main").text


PAGES = [
    "/", "/project/torch-neuronx/", "/project/torch/", "/withheld/", "/rules/", "/project/absent/",
    "/simple/torch-neuronx/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_accessible_and_fit(browser, index, path: str) -> None:
    package = importlib.util.find_spec("axe_core_python")
    assert package is not None
    assert package.origin is not None
    script = Path(package.origin).parent / "axe.min.js"
    for dark in (False, True):
        show(browser, f"{index.url}{path}", dark=dark)
        browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
        show(browser, f"{index.url}{path}", dark=dark)
        browser.execute_script(script.read_text())
        found = browser.execute_async_script(
            "const done = arguments[1]; axe.run(arguments[0])"
            ".then(r => done(r.violations.map(v => v.id + ': ' + v.nodes[0].html)))",
            # What installers read has no more to it than they need.
            {"runOnly": ["wcag2a", "wcag2aa"]} if path.startswith("/simple") else {},
        )
        browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
        assert found == []
    if not path.startswith("/simple"):
        for width in WIDTHS:
            show(browser, f"{index.url}{path}", width=width)
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width


def test_nothing_of_an_index_or_a_client_is_markup(browser, pair, index) -> None:
    markup = '"><b title="x">bold</b><hr>'
    put_public(pair.public, "tool", [("1.0", ())], **{"project-status": {
        "status": "deprecated", "reason": markup}})  # fmt: skip
    for path in ("/simple/tool/", "/project/tool/"):
        show(browser, f"{index.url}{path}")
        assert browser.find_elements(By.CSS_SELECTOR, "b, hr") == []
        assert markup in browser.page_source.replace("&quot;", '"').replace("&lt;", "<").replace(
            "&gt;", ">"
        )
    index.get("/simple/tool/", User_Agent=markup)
    show(browser, f"{index.url}/withheld/")
    assert browser.title == "Withheld files"
    assert browser.find_elements(By.CSS_SELECTOR, "b, hr") == []


def test_what_is_withheld_as_json_is_what_its_schema_says(index) -> None:
    schema = json.loads((SCHEMAS / "withheld.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    document = index.get("/withheld.json").json
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    rows = {row["project"]: row for row in document["withheld"]}
    assert set(rows) == {"torch-neuronx", "libneuronxla", "vllm-neuron"}
    assert rows["libneuronxla"]["agent"] == "pip/26.3 <b>"
    decoys = {v["version"]: v for v in rows["libneuronxla"]["versions"]}
    assert set(decoys) == {"99.0", "1.0"}
    assert decoys["99.0"]["rule"] == "NP401"
    assert decoys["99.0"]["action"] == "withheld"
    ended = {v["version"].partition("+")[0]: v for v in rows["torch-neuronx"]["versions"]}
    assert ended["2.8.0.2.10.16998"]["action"] == "yanked"
    assert "announcements/" in ended["2.8.0.2.10.16998"]["source"]


def test_metrics_are_what_prometheus_reads(index, pair) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    for _ in range(3):
        index.get("/simple/torch-neuronx/")
    index.get("/simple/nobody/")
    pair.public.answers["/simple/broken/"] = (500, {}, b"")
    failed = index.get("/simple/broken/")
    assert failed.status == 502
    # A client has no options of the command line.
    assert "--offline" not in failed.text
    found = index.get("/metrics")
    assert found.headers["content-type"].startswith("text/plain; version=")
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(found.text)
        for sample in family.samples
    }
    assert samples["neuron_pin_requests_total", (("kind", "project"), ("status", "200"))] == 6
    assert samples["neuron_pin_requests_total", (("kind", "project"), ("status", "404"))] == 1
    public = f"{pair.public.url}/simple"
    assert samples["neuron_pin_index_failures_total", (("index", public),)] == 1
    assert samples["neuron_pin_pages_total", (("how", "warm"),)] >= 3
    assert samples["neuron_pin_withheld_total", (("rule", "NP401"),)] >= 2
