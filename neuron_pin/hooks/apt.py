"""apt: pins as a preference, and a pre-install hook as enforcement.

Source: apt.conf(5), DPkg::Pre-Install-Pkgs and DPkg::Tools::Options.  The hook's own exit code
10 refuses; if it fails in any other way, apt proceeds.  Where ``on-error`` is ``refuse`` a guard
in plain shell runs it, which sees whether a transaction concerns Neuron packages even where the
hook cannot run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from neuron_pin.catalog import load_catalog
from neuron_pin.fs.ownership import mark
from neuron_pin.operations.own_program import name_program_for_root
from neuron_pin.operations.verify_preferences import verify_preferences
from neuron_pin.outputs.apt_preferences import render_apt_preferences
from neuron_pin.policy import Ecosystem

from .installing import read_if_any
from .kernels import render_kernel_stanzas
from .location import HookLocation, OnError
from .managed_file import HookLock, ManagedFile, own_file
from .programs import APT_GUARD, APT_HOOK, FOLDER, JUDGE, place_program, state

PREFERENCES = "etc/apt/preferences.d/00-neuron-pin.pref"
CONFIGURATION = "etc/apt/apt.conf.d/90neuron-pin"


def list_files(place: HookLocation) -> list[ManagedFile]:
    """Every file, in the order in which they are written: programs before what calls them."""
    path = place.below(PREFERENCES)

    def preferences(held: HookLock) -> str:
        text = render_apt_preferences(held.resolution, held.command)
        text += render_kernel_stanzas(held.resolution, load_catalog(), place.root)
        # What is there already was proven when it was written.
        if read_if_any(path) != mark(text):
            verify_preferences(path, text, held.resolution)
        return text

    def configuration(held: HookLock) -> str:
        pinned = [package.key.name for package in held.resolution.packages_of(Ecosystem.APT)]
        return render_configuration(f"/{FOLDER}", held.on_error, pinned, held.chosen_expiry)

    return [
        *(place_program(place, part) for part in JUDGE),
        place_program(place, APT_HOOK),
        place_program(place, APT_GUARD),
        state(place),
        own_file(path, preferences),
        own_file(place.below(CONFIGURATION), configuration),
    ]


def render_configuration(
    folder: str, on_error: OnError, pinned: Sequence[str] = (), expires: str = ""
) -> str:
    """The text of a file for /etc/apt/apt.conf.d; ``folder`` is where the programs are, and
    ``expires`` the day of review that somebody chose, empty for none.

    unattended-upgrades leaves the packages of ``pinned`` to somebody who upgrades them together:

    - It upgrades one package at a time (MinimalSteps).  With ranges it would mix releases on
      the way, which the hook refuses.
    - It may not install from the lock's host unless somebody allowed that.  Then it can stop for
      the whole machine, whatever the pins are, where an archive that it may install from has a
      version that they refuse (2.0 to 2.13).  It does not consider what is on its blacklist.
    """
    if on_error is OnError.REFUSE:
        called, options = f"{folder}/apt-guard", 'Version "3"; InfoFD "0";'
        why = ["// on-error = refuse: a Neuron package that cannot be judged is refused."]
    else:
        called, options = f"{folder}/apt-hook", 'Version "3"; InfoFD "20";'
        why = ["// on-error = allow: exit code 10 refuses, any other lets apt proceed."]
    if expires:
        why.append(f"// expires = {expires}: the day on which the lock is to be reviewed.")
    program = shlex.quote(name_program_for_root())
    lines = [
        "// neuron-pin enforces a lock of AWS Neuron packages. To see its state:",
        f"//     {program} hook status apt",
        "// To remove it:",
        f"//     sudo {program} hook remove apt",
        *why,
        f'DPkg::Pre-Install-Pkgs {{ "{called} || test $? -ne 10"; }};',
        f"DPkg::Tools::Options::{called} {{ {options} }};",
    ]
    if pinned:
        lines.append("// Pinned: to be upgraded together, not one by one at night.")
        # The block form: readers that are not apt's own do not all know the form with "::".
        lines.append("Unattended-Upgrade::Package-Blacklist {")
        lines += [f'    "^{_match_literally(name)}$";' for name in pinned]
        lines.append("};")
    return "\n".join(lines) + "\n"


def _match_literally(name: str) -> str:
    """A package's name as an expression that means the same to POSIX and to Python: a name may
    end in ``++``, which ends the run in some versions of Python and matches no name in others."""
    return re.sub(r"[+.]", r"[\g<0>]", name)
