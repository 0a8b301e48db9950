"""The repositories that a machine's dnf or yum knows, and what it has fetched of them.

Source: dnf.conf(5), "REPO OPTIONS" and "Variables".  What dnf has fetched it has verified as
far as it is configured to, so its metadata is taken as it is.
"""

from __future__ import annotations

import configparser
import glob
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.sources.http.urls import is_address
from neuron_pin.sources.signed_by import Trust

from .repository import RpmRepository

FOLDERS = ("etc/yum.repos.d", "etc/yum/repos.d", "etc/distro.repos.d")
CACHES = ("var/cache/dnf/{id}-*", "var/cache/libdnf5/{id}-*", "var/cache/yum/*/*/{id}")
VARIABLES = ("etc/dnf/vars", "etc/yum/vars")
MAX_BYTES = 1024 * 1024


def read_rpm_sources(root: str = "/") -> list[RpmRepository]:
    """Every enabled repository below a root of which something was fetched, in the order of
    files.  Raises `UnreadableInput` with the file and, where it can be told, the line."""
    found: list[RpmRepository] = []
    variables = _variables(root)
    for folder in FOLDERS:
        for path in sorted(glob.glob(os.path.join(glob.escape(root), folder, "*.repo"))):
            for name, options in _sections(path):
                if options.get("enabled", "1").lower() in ("0", "no", "false", "off"):
                    continue
                cached = _newest_cache(root, name)
                places = (options.get(key, "") for key in ("baseurl", "mirrorlist", "metalink"))
                url = _expand(_first(next(filter(None, places), "")), variables)
                if cached and is_address(url) and urlsplit(url).scheme in ("http", "https", "file"):
                    # Trust is dnf's own business here: nothing is fetched.
                    found.append(RpmRepository(url.rstrip("/"), Trust(), cached))
    return found


def _sections(path: str) -> list[tuple[str, Mapping[str, str]]]:
    text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text, path)
    except configparser.Error as error:
        line = getattr(error, "lineno", 0) or next(iter(getattr(error, "errors", [(0,)])))[0]
        problem = str(error).splitlines()[0][:200]
        raise UnreadableInput(path, int(line), f"is no repository file: {problem}") from None
    return [(name, parser[name]) for name in parser.sections() if name != "main"]


def _first(text: str) -> str:
    words = text.replace(",", " ").split()
    return words[0] if words else ""


def _newest_cache(root: str, name: str) -> str:
    if "\0" in name:
        # No file system has such a name.
        return ""
    found = [
        path
        for pattern in CACHES
        for path in glob.glob(os.path.join(glob.escape(root), pattern.format(id=glob.escape(name))))
        if any(os.path.isfile(os.path.join(path, p)) for p in ("repodata/repomd.xml", "repomd.xml"))
    ]
    return max(found, key=lambda path: os.stat(path).st_mtime, default="")


def _variables(root: str) -> dict[str, str]:
    found = {"basearch": "x86_64", "arch": "x86_64"}
    try:
        release = read_bounded(os.path.join(root, "etc/os-release"), MAX_BYTES).decode()
        for line in release.splitlines():
            if line.startswith("VERSION_ID="):
                found["releasever"] = line.partition("=")[2].strip("\"'")
    except (UnreadableInput, UnicodeDecodeError):
        pass
    for folder in VARIABLES:
        for path in sorted(glob.glob(os.path.join(glob.escape(root), folder, "*"))):
            try:
                text = read_bounded(path, MAX_BYTES).decode().strip()
            except (UnreadableInput, UnicodeDecodeError):
                continue
            found[os.path.basename(path)] = text.partition("\n")[0]
    return found


def _expand(text: str, variables: Mapping[str, str]) -> str:
    for name in sorted(variables, key=len, reverse=True):
        text = text.replace(f"${{{name}}}", variables[name]).replace(f"${name}", variables[name])
    return text
