"""Every rule's page: what it means, to pip, apt and rpm, an example, and where it is decided.

Apart from `rules`, because every lock loads those and only a page needs these.
"""

from __future__ import annotations

from typing import NamedTuple

from .rules import Rule


class RulePage(NamedTuple):
    """A rule's reference.

    ``section`` is the policy's section or the standard that it comes from, ``text`` what it
    means; ``pip``, ``apt`` and ``rpm`` what it comes to there, empty where it says nothing;
    ``example`` is a command that shows it.  ``decided_by`` names the functions that decide it,
    as ``module:function`` below ``neuron_pin``; a test holds them to the code.
    """

    section: str
    text: str
    pip: str
    apt: str
    rpm: str
    example: str
    decided_by: tuple[str, ...]


_NOT_WRITTEN = "not in constraints and lock files"
_NOT_PINNED = "no stanza of the preferences admits it: priority -1"
_NOT_LOCKED = "not in the version lock"

_ANY = (_NOT_WRITTEN, _NOT_PINNED, _NOT_LOCKED)
_PIP = (_NOT_WRITTEN, "", "")
_SYSTEM = ("", _NOT_PINNED, _NOT_LOCKED)
_UNCHECKED = ("not checked", "not checked", "not checked")
_STANDS = ("the finding stands", "the finding stands", "the finding stands")
_HOOK_REFUSES = "the hook refuses the transaction"
_PLUGIN_REFUSES = "the plugin refuses the transaction"
_REFUSED = ("no lock is written", "no lock is written", "no lock is written")

PAGES = {
    Rule.INSTANCE: RulePage(
        "release manifest",
        "The release lists this version for other instance families. Ask for one of them with "
        "--instance, or for another version.",
        *_ANY,
        "neuron-pin explain torch-neuron --instance trn1",
        (
            "audit.requirements:_fits",
            "hooks.program.verdict:_judge_version",
            "proxy.project_detail:_FileEvaluator._membership",
            "resolve.rules:instance",
        ),
    ),
    Rule.PYTHON: RulePage(
        "release manifest",
        "The release lists this version for other Python versions. Choose one of them with "
        "--python.",
        *_PIP,
        "neuron-pin explain torch-neuronx --python 3.8",
        (
            "audit.requirements:_fits",
            "resolve.rules:python",
        ),
    ),
    Rule.OPERATING_SYSTEM: RulePage(
        "Dependency software components",
        "The release's system packages are not supported on this operating system: it came "
        "later, or its support has ended. Choose another with --os.",
        *_SYSTEM,
        "neuron-pin explain aws-neuronx-tools --os debian12 --sdk 2.20.0",
        (
            "audit.host:_system",
            "resolve.rules:operating_system",
        ),
    ),
    Rule.PLATFORM: RulePage(
        "PEP 425",
        "The index has this version, but no wheel whose tags fit the target's Python and "
        "platform, nor a source distribution with static metadata. The platform follows from "
        "--os (its glibc) and --platform.",
        *_PIP,
        "neuron-pin lock torch --os amzn2 --python 3.12",
        (
            "resolve.index_candidates:IndexCandidates._find_missing",
            "resolve.index_candidates:IndexCandidates.unusable",
            "resolve.rules:platform",
        ),
    ),
    Rule.REQUIRES_PYTHON: RulePage(
        "PEP 503, core metadata",
        "The file itself says which Python versions it is for, and the target's is not one.",
        *_PIP,
        "neuron-pin lock numpy --python 3.8",
        ("resolve.rules:requires_python",),
    ),
    Rule.C_LIBRARY: RulePage(
        "deb-control(5) Depends, rpm Requires",
        "The package states that it needs a newer glibc than the operating system has.",
        "",
        "apt would find the dependency unmet",
        "dnf would find the requirement unmet",
        "neuron-pin lock aws-neuronx-tools --os ubuntu20.04 --apt-repo …",
        ("resolve.rules:c_library",),
    ),
    Rule.KERNEL: RulePage(
        "release notes of the driver",
        "The host's kernel (--with-kernel, or this machine's with --target auto) is older than "
        "the driver needs on this operating system.",
        *_SYSTEM,
        "neuron-pin lock aws-neuronx-dkms --os amzn2 --with-kernel 4.14",
        (
            "audit.host:_driver",
            "hooks.program.verdict:judge_kernels",
            "resolve.rules:kernel",
        ),
    ),
    Rule.TARGET_ENDED: RulePage(
        "Dependency software components; End of Support",
        "The Python, operating system or instance family that the lock is for has passed its "
        "end of support by the date of the lock. The reason names what replaces it; --phase eos "
        "locks for it all the same, and an --as-of before that day as it was then.",
        *_REFUSED,
        "neuron-pin lock --instance trn1 --python 3.9",
        (
            "audit.dockerfile:_base",
            "audit.host:_system",
            "resolve.support:_make_ended_error",
        ),
    ),
    Rule.KERNEL_UNTESTED: RulePage(
        "release notes of the driver",
        "A transaction brings a kernel of a series (6.8) that no installed kernel is of, and that "
        "the driver's release was not tested on: a driver that is built for each kernel may not "
        "build for it, and is gone with the next boot. The hooks of apt and dnf refuse it; another "
        "patch of a series that is there is let through.",
        "",
        _HOOK_REFUSES,
        _PLUGIN_REFUSES,
        "neuron-pin hook install apt --lock lock.json",
        ("hooks.program.verdict:judge_kernels",),
    ),
    Rule.KERNEL_HEADERS: RulePage(
        "dkms(8)",
        "A transaction brings a kernel without the headers that the driver is built with, so it "
        "has no driver after the next boot. The hooks of apt and dnf refuse it on machines that "
        "have headers of another kernel: install both in one command.",
        "",
        _HOOK_REFUSES,
        _PLUGIN_REFUSES,
        "neuron-pin hook install dnf --lock lock.json",
        ("hooks.program.verdict:judge_kernels",),
    ),
    Rule.SCOPE: RulePage(
        "installation guide",
        "The driver is a kernel module: it is installed on the host, and a container uses the "
        "host's. It is left out with --scope container.",
        *_SYSTEM,
        "neuron-pin lock --instance trn2 --scope container",
        (
            "audit.dockerfile:_installation",
            "resolve.rules:scope",
        ),
    ),
    Rule.END_OF_SUPPORT: RulePage(
        "Neuron Software Life-cycle, End of Support",
        "Support has ended by the date of the lock. The files can still be had at one's own "
        "discretion: by an exact pin, or with --phase eos.",
        "left out unless pinned exactly, then with a warning",
        "priority -1; apt-get install name=VERSION still reaches it",
        _NOT_LOCKED,
        "neuron-pin lock 'torch-neuronx==2.5.1.2.6.0.15423'",
        (
            "audit.dockerfile:_base",
            "audit.requirements:_one",
            "audit.requirements:check_part",
            "hooks.program.verdict:_judge_version",
            "resolve.rules:end_of_support",
        ),
    ),
    Rule.PRE_RELEASE: RulePage(
        "Neuron Software Versioning, Pre-releases",
        "Alpha, Beta and Release Candidate software is not for production. It is reached by "
        "an exact pin, or with --phase beta (alpha, rc). For packages that are not Neuron's "
        "this is PEP 440's rule for pre-releases.",
        "a pre-release (PEP 440): only by an exact pin or --phase beta",
        "priority -1",
        _NOT_LOCKED,
        "neuron-pin lock vllm-neuron --instance trn2 --phase beta",
        (
            "audit.requirements:check_part",
            "resolve.rules:early_phase",
            "resolve.rules:prerelease",
        ),
    ),
    Rule.FRAMEWORK_DEFAULT: RulePage(
        "Neuron Extension Components Updates",
        "A release supports several versions of a framework; the latest is the default for "
        "installation, an earlier one must be specified: torch-neuronx==2.8.*",
        *_PIP,
        "neuron-pin lock 'torch-neuronx==2.8.*' --sdk 2.28.1 --as-of 2026-03-20",
        ("resolve.release_candidates:_latest_framework",),
    ),
    Rule.NOT_RELEASED_YET: RulePage(
        "--as-of",
        "With --as-of DATE nothing later than that date is known.",
        *_ANY,
        "neuron-pin lock torch-neuronx --as-of 2025-01-01",
        (
            "proxy.project_detail:_FileEvaluator._not_shipped_yet",
            "resolve.explain:_against",
            "resolve.resolver:_releases",
            "resolve.rules:not_uploaded_yet",
        ),
    ),
    Rule.SUPPORT_UNTIL: RulePage(
        "End of Support Announcement; Neuron Extension Components Updates",
        "With --require-support-until DATE only what the policy guarantees up to that day is "
        "chosen: an end is announced at least a month ahead, and an earlier framework version "
        "gets regular updates for six months after a newer one is supported. What was announced "
        "after the facts of the catalog is not known, so newer facts reach further.",
        *_ANY,
        "neuron-pin lock torch-neuronx --require-support-until 2026-12-31",
        (
            "resolve.rules:support_until",
            "resolve.support:refuse_target",
        ),
    ),
    Rule.MAINTENANCE: RulePage(
        "Neuron Software Life-cycle, Maintenance",
        "Critical fixes come as needed, nothing new does. What replaces it is named where an "
        "announcement does.",
        "allowed, with a warning",
        "allowed",
        "allowed",
        "neuron-pin check requirements.txt",
        ("audit.requirements:check_part",),
    ),
    Rule.ENDING: RulePage(
        "End of Support Announcement",
        "The end has been announced, and comes within the days that were asked about "
        "(--within, 90 unless said otherwise).",
        "allowed until that day",
        "allowed until that day",
        "allowed until that day",
        "neuron-pin check --within 180d requirements.txt",
        ("audit.requirements:check_part",),
    ),
    Rule.REQUIREMENT: RulePage(
        "PEP 440, apt-get(8)",
        "A requirement, of the user's or of a package in the lock, does not admit it.",
        *_ANY,
        "neuron-pin lock torch-neuronx 'torch<2.9'",
        (
            "operations.explain:_from_sources",
            "resolve.explain:_against",
            "resolve.provider:Provider._note_refusal",
            "resolve.release_candidates:_not_required",
        ),
    ),
    Rule.CONSTRAINT: RulePage(
        "pip: constraints files",
        "A constraint given with -c does not admit it.",
        *_ANY,
        "neuron-pin lock torch-neuronx -c constraints.txt",
        ("resolve.provider:Provider._matches",),
    ),
    Rule.YANKED: RulePage(
        "PEP 592",
        "The index has withdrawn this version; only an exact pin reaches it.",
        "left out unless pinned exactly",
        "",
        "",
        "neuron-pin lock NAME",
        ("resolve.rules:yanked",),
    ),
    Rule.OLDER_REVISION: RulePage(
        "deb-version(7)",
        "Neuron's package revisions are commits, which have no order. Where a repository has "
        "two of one version, the later in it is taken (by date where it states one, else by "
        "its place in the index), and the pin names that revision.",
        "",
        "the pin names the revision: 2.34.10.0-ac18d186d",
        "the lock names the release",
        "neuron-pin lock aws-neuronx-tools --apt-repo …",
        ("resolve.system_candidates:SystemCandidates._older_revision",),
    ),
    Rule.UNPINNED: RulePage(
        "Neuron SDK Installation and Update instructions",
        "The policy's advice is to pin the major version: a new major may be incompatible. The "
        "requirement admits one that there is not yet.",
        "torch-neuronx==2.9.0.2.*",
        "aws-neuronx-tools=2.*",
        "aws-neuronx-tools-0:2.*",
        "neuron-pin check requirements.txt",
        ("audit.requirements:_range",),
    ),
    Rule.OUTSIDE_LOCK: RulePage(
        "Neuron SDK Installation and Update instructions",
        "A transaction would take a package out of the range that the lock pins it to: over its "
        "major version, or to another version than the exact one. apt's pins do not stop that: "
        "NAME=3.* passes every pin. The hooks of apt and dnf do; NEURON_PIN_ALLOW=NP306 lets one "
        "command pass, and is logged.",
        "pip and uv find no solution with the lock's constraints",
        _HOOK_REFUSES,
        f"{_PLUGIN_REFUSES}; the version lock hides other versions",
        "neuron-pin hook install apt --lock lock.json",
        (
            "audit.lock_drift:check_lock_drift",
            "hooks.program.verdict:_judge_version",
        ),
    ),
    Rule.UNTRUSTED_INDEX: RulePage(
        "PEP 708 and Neuron's installation guide",
        "A name of Neuron's is taken from Neuron's index only. The public index has "
        "placeholders of the same names, which must never win, whatever their version.",
        "an explicit index for the name (uv.toml), or the index order of pip.conf",
        "Pin: origin, and Signed-By of the source",
        "the repository's id and priority",
        "neuron-pin lock neuronx-cc",
        (
            "audit.dockerfile:_installation",
            "proxy.project_detail:_FileEvaluator.page",
            "proxy.project_detail:evaluate_project",
            "resolve.index_candidates:IndexCandidates._bound_candidates",
            "resolve.rules:untrusted_index",
        ),
    ),
    Rule.NO_WHEEL: RulePage(
        "PEP 427",
        "The index has this version as a source distribution only, whose metadata leaves what "
        "it requires to a build (PEP 643). --build NAME lets the build tell it: that runs the "
        "package's own code.",
        *_PIP,
        "neuron-pin lock NAME --build NAME",
        (
            "resolve.index_candidates:IndexCandidates.unusable",
            "resolve.rules:no_wheel",
        ),
    ),
    Rule.INVALID_FILE: RulePage(
        "PEP 440, PEP 427",
        "The index lists a version or file name that the standards cannot read.",
        *_PIP,
        "neuron-pin lock NAME -v",
        (
            "proxy.project_detail:_FileEvaluator.page",
            "resolve.index_candidates:IndexCandidates._invalid",
        ),
    ),
    Rule.QUARANTINED: RulePage(
        "PEP 792",
        "The index holds the project to be unsafe; nothing of it is installed.",
        *_PIP,
        "neuron-pin lock NAME",
        (
            "proxy.project_detail:_FileEvaluator.page",
            "resolve.index_candidates:IndexCandidates._judge",
        ),
    ),
    Rule.PLACEHOLDER: RulePage(
        "PEP 708 and Neuron's installation guide",
        "What is installed under Neuron's name has no code, or says of itself that it is not the "
        "package: it came from an index that is not Neuron's. The number tells nothing, its "
        "METADATA and RECORD do.",
        "imports fail, or do nothing",
        "",
        "",
        "neuron-pin check --venv .venv",
        ("audit.environment:_placeholder",),
    ),
    Rule.BAD_METADATA: RulePage(
        "PEP 427, core metadata, PEP 440",
        "An installed distribution's METADATA or RECORD is missing or cannot be read, or states a "
        "requirement that is not PEP 440, as libneuronxla (<3.0,>2.0.x): installers refuse it, or "
        "leave the requirement out in silence.",
        "refused by newer installers, ignored by older",
        "",
        "",
        "neuron-pin check --venv .venv",
        ("audit.environment:_metadata",),
    ),
    Rule.FOREIGN_HOST: RulePage(
        "neuron-pin serve",
        "An index lists a file on a host that serve was not told of, so it does not fetch it: "
        "nothing that an index says makes it ask other hosts. --file-host HOST names one.",
        "not on the pages that serve answers with",
        "",
        "",
        "neuron-pin serve --files cache --file-host files.example.com",
        ("proxy.files:Files._reachable",),
    ),
    Rule.NOT_MEMBER: RulePage(
        "Neuron SDK",
        "Neuron packages work together when they come from one SDK release; this version was "
        "shipped by others. Choose the release with --sdk.",
        *_ANY,
        "neuron-pin explain neuronx-cc --sdk 2.30.0",
        (
            "hooks.program.verdict:_judge_version",
            "proxy.project_detail:_FileEvaluator._membership",
            "resolve.explain:_against",
            "resolve.membership:Membership.check",
        ),
    ),
    Rule.FRAMEWORK_COHERENCE: RulePage(
        "Neuron Extension Components",
        "Packages of one framework are chosen at one framework version: torch-neuronx, "
        "libtorch-neuronx-lite, torch-xla and torch itself.",
        *_PIP,
        "neuron-pin lock torch-neuronx 'torch==2.8.*'",
        (
            "resolve.release_candidates:_one_framework_version",
            "resolve.resolution_builder:_not_chosen",
        ),
    ),
    Rule.NOT_A_PACKAGE: RulePage(
        "release manifest",
        "The release lists it, but neither pip, apt nor rpm installs it.",
        "",
        "",
        "",
        "neuron-pin explain efa-installer",
        ("resolve.rules:not_a_package",),
    ),
    Rule.NO_VERSION: RulePage(
        "release manifest",
        "The release lists the name without a version.",
        "",
        "",
        "",
        "neuron-pin explain efa-installer --sdk 2.20.0",
        ("resolve.rules:no_version",),
    ),
    Rule.RELEASE_LACKS: RulePage(
        "Neuron SDK",
        "A newer SDK release was tried and rejected, because a package that is asked for is "
        "not in it for this target.",
        *_ANY,
        "neuron-pin lock torch-neuronx --instance trn2",
        (
            "resolve.resolver:_make_exclusion",
            "resolve.resolver:_older_roots",
            "resolve.resolver:_releases",
        ),
    ),
    Rule.DRIVER_WINDOW: RulePage(
        "release notes of the runtime library and the driver",
        "The release's runtime library does not work with the driver that the host has "
        "(--with-driver), or that driver not with it. Update the driver, or take the release "
        "that the lock names.",
        *_ANY,
        "neuron-pin lock --instance trn1 --python 3.11 --with-driver 2.26.5.0",
        (
            "audit.host:_driver",
            "hooks.program.verdict:_find_driver_clash",
            "resolve.resolver:_driver_clash",
        ),
    ),
    Rule.MIXED_RELEASES: RulePage(
        "Neuron SDK",
        "Neuron packages work together when they come from one SDK release, and no release has "
        "shipped all of these versions.",
        "one lock for all of them: neuron-pin lock",
        "one lock for all of them: neuron-pin lock",
        "one lock for all of them: neuron-pin lock",
        "neuron-pin check --venv .venv",
        (
            "audit.requirements:_together",
            "hooks.program.verdict:_find_mixed",
        ),
    ),
    Rule.UNKNOWN_VERSION: RulePage(
        "release manifest",
        "No release that the catalog knows has shipped this version. It is newer than the "
        "catalog, a pre-release, or not Neuron's.",
        "perhaps a decoy of another index",
        "",
        "",
        "neuron-pin check --venv .venv",
        (
            "audit.requirements:_one",
            "audit.requirements:_range",
            "hooks.program.verdict:_judge_version",
        ),
    ),
    Rule.DRIVER_KEPT: RulePage(
        "--with-driver",
        "The driver is there already and stays as it is; others are not chosen.",
        *_SYSTEM,
        "neuron-pin lock --instance trn1 --python 3.11 --with-driver 2.27.4.0",
        ("resolve.rules:driver",),
    ),
    Rule.APT_SOURCE: RulePage(
        "sources.list(5)",
        "Neuron's repository is not configured, configured twice, for another release of the "
        "operating system, or in a file that apt cannot read.",
        "",
        "no candidate, or that of another release",
        "",
        "neuron-pin doctor",
        (
            "audit.repositories:_duplicates",
            "audit.repositories:_suite",
            "audit.repositories:check_apt",
        ),
    ),
    Rule.APT_KEY: RulePage(
        "sources.list(5), Signed-By",
        "The repository's key is missing, ended or ending soon, or the repository is taken "
        "unsigned. When a key ends apt keeps the old lists, and says so in a warning only.",
        "",
        "apt-get update warns and keeps old lists",
        "",
        "neuron-pin doctor",
        ("audit.repositories:_trust",),
    ),
    Rule.APT_LISTS: RulePage(
        "apt-get(8), update",
        "What this machine knows of the repository was never fetched, long ago, or is no longer "
        "valid.",
        "",
        "versions of long ago are candidates",
        "",
        "neuron-pin doctor",
        (
            "audit.repositories:_lists",
            "audit.repositories:_validity",
            "audit.repositories:check_apt",
        ),
    ),
    Rule.APT_DECOY: RulePage(
        "apt_preferences(5)",
        "Another repository of the machine offers a package of Neuron's name. Without pins apt "
        "takes the highest version, wherever it comes from.",
        "",
        "the highest version wins, from any source",
        "",
        "neuron-pin doctor",
        ("audit.repositories:_decoys",),
    ),
    Rule.APT_PREFERENCES: RulePage(
        "apt_preferences(5)",
        "A file of preferences ends every apt command, or has no effect and says nothing: a "
        "name that is not read, a comma between names, a missing empty line.",
        "",
        "the pin has no effect",
        "",
        "neuron-pin doctor",
        ("audit.repositories:_preferences",),
    ),
    Rule.PIN_OVERRIDDEN: RulePage(
        "apt_preferences(5)",
        "Of all stanzas that match a version apt obeys the first: /etc/apt/preferences comes "
        "before preferences.d, and there the order of names counts. A stanza before "
        "neuron-pin's has taken its place.",
        "",
        "another file's stanza decides",
        "",
        "neuron-pin explain aws-neuronx-tools --host",
        ("audit.apt_view:check_pins",),
    ),
    Rule.OUTSIDE_PIN: RulePage(
        "apt_preferences(5)",
        "A version is installed that the pins do not admit, by an explicit install or from "
        "before. apt keeps it, plans no change and says nothing.",
        "",
        "apt keeps what is installed",
        "",
        "neuron-pin explain NAME --host",
        ("audit.apt_view:check_pins",),
    ),
    Rule.HELD: RulePage(
        "apt-mark(8)",
        "A package on hold is not upgraded, whatever its pin; a hold has no range.",
        "",
        "apt-mark showhold lists it",
        "",
        "neuron-pin explain NAME --host",
        ("audit.apt_view:check_pins",),
    ),
    Rule.NOT_LOADED: RulePage(
        "modprobe(8)",
        "The kernel still runs the module from before the upgrade; what runs is what counts. It "
        "changes when nothing uses it and it is loaded anew, or with a reboot.",
        "",
        "upgrades the file, not what runs",
        "the same",
        "neuron-pin check --host",
        ("audit.host:_driver",),
    ),
    Rule.UNREADABLE: RulePage(
        "check",
        "A part of what was to be checked cannot be read: damaged, cut off, too large, or of a "
        "form that is not known. The rest was checked.",
        *_UNCHECKED,
        "neuron-pin check --image image.tar",
        (
            "audit.host:report_unreadable",
            "operations.check:_unreadable",
        ),
    ),
    Rule.IGNORE: RulePage(
        "check",
        "A comment neuron-pin: ignore[RULE] needs a reason, and counts up to its date: "
        "# neuron-pin: ignore[NP305] moves with the image; until 2027-01-31",
        *_STANDS,
        "neuron-pin check requirements.txt",
        ("audit.suppression:drop_ignored",),
    ),
    Rule.SHORT_NOTICE: RulePage(
        "Maintenance Announcement, End of Support Announcement",
        "The first announcement of a change came less than a calendar month before it, or after "
        "it. Announcements made before the policy promised a month are not held to it.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint.notice",),
    ),
    Rule.PHASE_OF_KIND: RulePage(
        "Neuron Software Life-cycle",
        "Release candidates are for the SDK and components; Maintenance is not for dependencies, "
        "DLAMIs, DLCs, features and APIs; Alpha is for features and APIs.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint.phases",),
    ),
    Rule.UNANNOUNCED: RulePage(
        "End of Support Announcement",
        "Support ended, and no announcement was made before the day of the end: the only notice "
        "is the one that says that it has ended.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint.notice",),
    ),
    Rule.SIX_MONTHS: RulePage(
        "Neuron Extension Components Updates",
        "An earlier framework version gets regular updates for at least six months after a newer "
        "one is supported; this one left stable, or was shipped for the last time, before.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint.six_months",),
    ),
    Rule.MANIFEST_DISAGREES: RulePage(
        "release manifest; announcements",
        "A release ships, or lists support for, what an announcement had ended; or it dropped "
        "what no announcement had ended.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint._shipped_or_dropped",),
    ),
    Rule.VERSIONING: RulePage(
        "Neuron Software Versioning",
        "Extensions are X.Y.Z.A.B.C, standalone components A.B.C.D; a later release has no "
        "lower version.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint.versions",),
    ),
    Rule.EVENTS_DISAGREE: RulePage(
        "Announcements",
        "A later announcement takes an earlier one back, moves its day, or puts a subject into "
        "an earlier phase than the one it was in.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint.contradictions",),
    ),
    Rule.BAD_FACT: RulePage(
        "catalog",
        "An entry names a release or an instance family that there is not, takes effect before "
        "the release it names, or replacements lead back to where they began; no release lists "
        "an instance family.",
        "",
        "",
        "",
        "neuron-pin catalog lint DIR",
        (
            "audit.catalog_lint:_Lint.families",
            "audit.catalog_lint:_Lint.impossible",
            "audit.catalog_lint:_Lint.replacements",
        ),
    ),
}
"""Every rule's page."""

STABILITY = (
    "An identifier keeps its meaning, and is never given to another rule. A rule that is to go is "
    "marked as deprecated here and in CHANGELOG.md for one minor release, in which options and "
    "comments that name it still work. From the next one on it is marked as retired here, and its "
    "number stays unused."
)
"""What is promised of identifiers."""
