"""Real dnf 5 for tests: this machine's, or that of a root made by ``script/dnf5-root``."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(os.environ.get("NEURON_PIN_DNF5_ROOT") or Path(__file__).parents[1] / "build/dnf5-root")
IS_HERE = shutil.which("dnf5") is not None
has_dnf5 = IS_HERE or (os.geteuid() == 0 and (ROOT / "usr/bin/dnf5").is_file())

# The temporary folder is at the same path in the root.
_ENTER = (
    'mkdir -p "$1$2" && mount --rbind "$2" "$1$2" && mount -t proc proc "$1/proc" && '
    'mount --rbind /dev "$1/dev" && root=$1 && shift 2 && exec chroot "$root" "$@"'
)


def run_inside(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a program where dnf 5 is, which sees the temporary folder at its own path."""
    before = []
    if not IS_HERE:
        before = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", _ENTER, "sh", str(ROOT),
                  tempfile.gettempdir()]  # fmt: skip
    return subprocess.run(
        [*before, *words], capture_output=True, text=True, check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root", **more},
    )  # fmt: skip


def find_plugin() -> Path | None:
    """libdnf5's actions plugin, None where it is not installed."""
    root = Path("/") if IS_HERE else ROOT
    found = [*root.glob("usr/lib*/libdnf5/plugins/actions.so"),
             *root.glob("usr/lib/*/libdnf5/plugins/actions.so")]  # fmt: skip
    return found[0] if found else None


class Dnf5(NamedTuple):
    """A root that dnf 5 installs into, with repositories in ``repos``."""

    root: Path

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run_inside(
            "dnf5", f"--installroot={self.root}", "--releasever=9",
            "--forcearch=x86_64", "--setopt=gpgcheck=0", "--setopt=pkg_gpgcheck=0",
            f"--setopt=reposdir={self.root}/repos", "--setopt=cachedir=/cache",
            "--setopt=tsflags=nocontexts", *words, **more,
        )  # fmt: skip

    def installed(self) -> dict[str, str]:
        done = run_inside(
            "rpm", f"--root={self.root}", "-qa", "--qf",
            "%{NAME} %{VERSION}-%{RELEASE}\n",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return dict(row.split(" ") for row in done.stdout.splitlines())


def dnf5_world(folder: Path, repository: Path) -> Dnf5:
    """A root with one repository."""
    root = folder / "root"
    (root / "repos").mkdir(parents=True)
    (root / "etc/dnf").mkdir(parents=True)
    (root / "repos/neuron.repo").write_text(
        f"[neuron]\nname=n\nbaseurl=file://{repository}\ngpgcheck=0\n"
    )
    return Dnf5(root)
