"""apt: pins as advice, and a pre-install hook as enforcement.

Source: apt.conf(5), DPkg::Pre-Install-Pkgs and DPkg::Tools::Options.  The hook's own exit code
10 refuses; whatever else befalls it, apt goes on.  Where ``on-error`` is ``refuse`` a guard of
plain shell stands before it, which knows of a transaction whether it concerns Neuron even
where the hook cannot run.
"""

from __future__ import annotations

from collections.abc import Sequence

from neuron_pin.catalog import load_catalog
from neuron_pin.operations.verify_preferences import verify_preferences
from neuron_pin.outputs.apt_preferences import render_apt_preferences
from neuron_pin.policy import Ecosystem

from .kernels import kernel_stanza
from .location import HookLocation, OnError
from .lock_input import has_ranges
from .managed_file import HookLock, ManagedFile, own_file
from .programs import APT_GUARD, APT_HOOK, FOLDER, JUDGE, place_program, state

PREFERENCES = "etc/apt/preferences.d/00-neuron-pin.pref"
CONFIGURATION = "etc/apt/apt.conf.d/90neuron-pin"


def list_files(place: HookLocation) -> list[ManagedFile]:
    """Every file, in the order in which they are written: what is called before what calls."""
    path = place.below(PREFERENCES)

    def preferences(held: HookLock) -> str:
        text = render_apt_preferences(held.resolution, held.command)
        text += kernel_stanza(held.resolution, load_catalog(), place.root)
        verify_preferences(path, text, held.resolution)
        return text

    return [
        *(place_program(place, part) for part in JUDGE),
        place_program(place, APT_HOOK),
        place_program(place, APT_GUARD),
        state(place),
        own_file(path, preferences),
        own_file(
            place.below(CONFIGURATION),
            lambda held: render_configuration(
                f"/{FOLDER}", held.on_error, has_ranges(held, Ecosystem.APT)
            ),
        ),
    ]


def render_configuration(folder: str, on_error: OnError, ranges: Sequence[str] = ()) -> str:
    """The text of a file for /etc/apt/apt.conf.d; ``folder`` is where the programs are.

    unattended-upgrades goes package by package (MinimalSteps): to exact pins that leads to the
    lock, through a range it would lead through mixed releases, which the hook refuses.  So it
    leaves packages of ``ranges`` to whoever moves them together.
    """
    if on_error is OnError.REFUSE:
        called, options = f"{folder}/apt-guard", 'Version "3"; InfoFD "0";'
        why = ["// on-error = refuse: what cannot be judged is refused, if it is Neuron's."]
    else:
        called, options = f"{folder}/apt-hook", 'Version "3"; InfoFD "20";'
        why = ["// on-error = allow: exit code 10 refuses, whatever else happens lets apt go on."]
    lines = [
        "// neuron-pin holds the packages of AWS Neuron to a lock. It is shown by",
        "//     neuron-pin hook status apt",
        "// and goes with",
        "//     sudo neuron-pin hook remove apt",
        *why,
        f'DPkg::Pre-Install-Pkgs {{ "{called} || test $? -ne 10"; }};',
        f"DPkg::Tools::Options::{called} {{ {options} }};",
    ]
    if ranges:
        lines.append("// Held to ranges: moved together, by somebody, and not one by one at night.")
        lines += [f'Unattended-Upgrade::Package-Blacklist:: "^{name}$";' for name in ranges]
    return "\n".join(lines) + "\n"
