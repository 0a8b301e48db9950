"""Pages on disk in real Chromium."""

from __future__ import annotations

from pathlib import Path

from selenium import webdriver


def load(browser: webdriver.Chrome, path: Path, width: int = 1280, dark: bool = False) -> None:
    """A page at a width in CSS pixels, in light or dark."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": [feature]})
    browser.get(path.as_uri())
