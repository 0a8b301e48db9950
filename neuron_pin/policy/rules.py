"""The rules by which a candidate is put aside, and their reference pages.

Identifiers are stable: ``NP`` and three digits, grouped by hundreds (target, policy, pins,
indexes, release coherence, host).
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class RulePage(NamedTuple):
    """A rule's reference: its title, the policy's section or standard, what it means."""

    identifier: str
    title: str
    section: str
    text: str


class Rule(Enum):
    """Every rule; the value is its page."""

    INSTANCE = RulePage(
        "NP101",
        "not for this instance family",
        "release manifest",
        "The release lists this version for other instance families. Ask for one of them with "
        "--instance, or for another version.",
    )
    PYTHON = RulePage(
        "NP102",
        "not for this Python",
        "release manifest",
        "The release lists this version for other Python versions. Choose one of them with "
        "--python.",
    )
    OPERATING_SYSTEM = RulePage(
        "NP103",
        "not for this operating system",
        "Dependency software components",
        "The release's system packages are not supported on this operating system: it came "
        "later, or its support has ended. Choose another with --os.",
    )
    PLATFORM = RulePage(
        "NP104",
        "no file for this platform",
        "PEP 425",
        "The index has this version, but no wheel whose tags fit the target's Python and "
        "platform, nor a source distribution with static metadata. The platform follows from "
        "--os (its glibc) and --platform.",
    )
    REQUIRES_PYTHON = RulePage(
        "NP105",
        "Requires-Python does not allow it",
        "PEP 503, core metadata",
        "The file itself says which Python versions it is for, and the target's is not one.",
    )
    C_LIBRARY = RulePage(
        "NP108",
        "needs a newer C library",
        "deb-control(5) Depends, rpm Requires",
        "The package states that it needs a newer glibc than the operating system has.",
    )
    KERNEL = RulePage(
        "NP109",
        "needs a newer kernel",
        "release notes of the driver",
        "The host's kernel (--with-kernel, or this machine's with --target auto) is older than "
        "the driver needs on this operating system.",
    )
    TARGET_ENDED = RulePage(
        "NP110",
        "the target itself is out of support",
        "Dependency software components; End of Support",
        "The Python, operating system or instance family that the lock is for has passed its "
        "end of support by the date of the lock. The reason names what replaces it; --phase eos "
        "locks for it all the same, and an --as-of before that day as it was then.",
    )
    KERNEL_UNTESTED = RulePage(
        "NP111",
        "a kernel that the driver was not tested on",
        "release notes of the driver",
        "A transaction brings a kernel of a series (6.8) that no installed kernel is of, and that "
        "the driver's release was not tested on: a driver that is built for each kernel may not "
        "build for it, and is gone with the next boot. The hooks of apt and dnf refuse it; another "
        "patch of a series that is there is let through.",
    )
    KERNEL_HEADERS = RulePage(
        "NP112",
        "a kernel without its headers",
        "dkms(8)",
        "A transaction brings a kernel without the headers that the driver is built with, so it "
        "has no driver after the next boot. The hooks of apt and dnf refuse it on machines that "
        "have headers of another kernel: install both in one command.",
    )
    SCOPE = RulePage(
        "NP106",
        "does not belong into a container",
        "installation guide",
        "The driver is a kernel module: it is installed on the host, and a container uses the "
        "host's. It is left out with --scope container.",
    )
    END_OF_SUPPORT = RulePage(
        "NP201",
        "end of support",
        "Neuron Software Life-cycle, End of Support",
        "Support has ended by the date of the lock. The files can still be had at one's own "
        "discretion: by an exact pin, or with --phase eos.",
    )
    PRE_RELEASE = RulePage(
        "NP202",
        "pre-release",
        "Neuron Software Versioning, Pre-releases",
        "Alpha, Beta and Release Candidate software is not for production. It is reached by "
        "an exact pin, or with --phase beta (alpha, rc). For packages that are not Neuron's "
        "this is PEP 440's rule for pre-releases.",
    )
    FRAMEWORK_DEFAULT = RulePage(
        "NP203",
        "an earlier framework version must be asked for",
        "Neuron Extension Components Updates",
        "A release supports several versions of a framework; the latest is the default for "
        "installation, an earlier one must be specified: torch-neuronx==2.8.*",
    )
    NOT_RELEASED_YET = RulePage(
        "NP204",
        "released after the date of the lock",
        "--as-of",
        "With --as-of DATE nothing later than that date is known.",
    )
    SUPPORT_UNTIL = RulePage(
        "NP205",
        "support may end before the date asked for",
        "End of Support Announcement; Neuron Extension Components Updates",
        "With --require-support-until DATE only what the policy guarantees up to that day is "
        "chosen: an end is announced at least a month ahead, and an earlier framework version "
        "gets regular updates for six months after a newer one is supported. What was announced "
        "after the facts of the catalogue is not known, so newer facts reach further.",
    )
    MAINTENANCE = RulePage(
        "NP206",
        "in maintenance",
        "Neuron Software Life-cycle, Maintenance",
        "Critical fixes come as needed, nothing new does. What replaces it is named where an "
        "announcement does.",
    )
    ENDING = RulePage(
        "NP207",
        "end of support announced",
        "End of Support Announcement",
        "The end has been announced, and comes within the days that were asked about "
        "(--within, 90 unless said otherwise).",
    )
    REQUIREMENT = RulePage(
        "NP301",
        "a requirement excludes it",
        "PEP 440, apt-get(8)",
        "A requirement, of the user's or of a package in the lock, does not admit it.",
    )
    CONSTRAINT = RulePage(
        "NP302",
        "a constraint excludes it",
        "pip: constraints files",
        "A constraint given with -c does not admit it.",
    )
    YANKED = RulePage(
        "NP303",
        "yanked",
        "PEP 592",
        "The index has withdrawn this version; only an exact pin reaches it.",
    )
    OLDER_REVISION = RulePage(
        "NP304",
        "an earlier revision of the same version",
        "deb-version(7)",
        "Neuron's package revisions are commits, which have no order. Where a repository has "
        "two of one version, the later in it is taken (by date where it states one, else by "
        "its place in the index), and the pin names that revision.",
    )
    UNPINNED = RulePage(
        "NP305",
        "does not hold the major",
        "Neuron SDK Installation and Update instructions",
        "The policy's advice is to pin the major version: a new major may be incompatible. The "
        "requirement admits one that there is not yet.",
    )
    OUTSIDE_LOCK = RulePage(
        "NP306",
        "not what the lock holds",
        "Neuron SDK Installation and Update instructions",
        "A transaction would take a package out of the range that the lock pins it to: over its "
        "major version, or to another version than the exact one. apt's pins do not stop that: "
        "NAME=3.* passes every pin. The hooks of apt and dnf do; NEURON_PIN_ALLOW=NP306 lets one "
        "command pass, and is logged.",
    )
    UNTRUSTED_INDEX = RulePage(
        "NP401",
        "index not trusted for the name",
        "PEP 708 and Neuron's installation guide",
        "A name of Neuron's is taken from Neuron's index only. The public index has "
        "placeholders of the same names, which must never win, whatever their version.",
    )
    NO_WHEEL = RulePage(
        "NP402",
        "no wheel",
        "PEP 427",
        "The index has this version as a source distribution only, whose metadata leaves what "
        "it requires to a build (PEP 643). --build NAME lets the build tell it: that runs the "
        "package's own code.",
    )
    INVALID_FILE = RulePage(
        "NP403",
        "unusable entry in an index",
        "PEP 440, PEP 427",
        "The index lists a version or file name that the standards cannot read.",
    )
    QUARANTINED = RulePage(
        "NP404",
        "the project is quarantined",
        "PEP 792",
        "The index holds the project to be unsafe; nothing of it is installed.",
    )
    PLACEHOLDER = RulePage(
        "NP405",
        "a placeholder in place of Neuron's package",
        "PEP 708 and Neuron's installation guide",
        "What is installed under Neuron's name has no code, or says of itself that it is not the "
        "package: it came from an index that is not Neuron's. The number tells nothing, its "
        "METADATA and RECORD do.",
    )
    BAD_METADATA = RulePage(
        "NP406",
        "metadata that the standards cannot read",
        "PEP 427, core metadata, PEP 440",
        "An installed distribution's METADATA or RECORD is missing or cannot be read, or states a "
        "requirement that is not PEP 440, as libneuronxla (<3.0,>2.0.x): installers refuse it, or "
        "leave the requirement out in silence.",
    )
    FOREIGN_HOST = RulePage(
        "NP407",
        "a file on a host that is not the index's",
        "neuron-pin serve",
        "An index lists a file on a host that serve was not told of, so it does not fetch it: "
        "nothing that an index says makes it ask other hosts. --file-host HOST names one.",
    )
    NOT_MEMBER = RulePage(
        "NP501",
        "not a member of the SDK release",
        "Neuron SDK",
        "Neuron packages work together when they come from one SDK release; this version was "
        "shipped by others. Choose the release with --sdk.",
    )
    FRAMEWORK_COHERENCE = RulePage(
        "NP502",
        "built for another framework version",
        "Neuron Extension Components",
        "Packages of one framework are chosen at one framework version: torch-neuronx, "
        "libtorch-neuronx-lite, torch-xla and torch itself.",
    )
    NOT_A_PACKAGE = RulePage(
        "NP503",
        "not a package",
        "release manifest",
        "The release lists it, but neither pip, apt nor rpm installs it.",
    )
    NO_VERSION = RulePage(
        "NP504",
        "no version stated",
        "release manifest",
        "The release lists the name without a version.",
    )
    RELEASE_LACKS = RulePage(
        "NP505",
        "the release cannot satisfy the requirements",
        "Neuron SDK",
        "A newer SDK release was tried and put aside, because a package that is asked for is "
        "not in it for this target.",
    )
    DRIVER_WINDOW = RulePage(
        "NP506",
        "does not work with the driver",
        "release notes of the runtime library and the driver",
        "The release's runtime library does not work with the driver that the host has "
        "(--with-driver), or that driver not with it. Update the driver, or take the release "
        "that the lock names.",
    )
    MIXED_RELEASES = RulePage(
        "NP507",
        "of several SDK releases",
        "Neuron SDK",
        "Neuron packages work together when they come from one SDK release, and no release has "
        "shipped all of these versions.",
    )
    UNKNOWN_VERSION = RulePage(
        "NP508",
        "shipped by no SDK release",
        "release manifest",
        "No release that the catalogue knows has shipped this version. It is newer than the "
        "catalogue, a pre-release, or not Neuron's.",
    )
    DRIVER_KEPT = RulePage(
        "NP107",
        "the host keeps its driver",
        "--with-driver",
        "The driver is there already and stays as it is; others are not chosen.",
    )
    APT_SOURCE = RulePage(
        "NP601",
        "apt source missing or faulty",
        "sources.list(5)",
        "Neuron's repository is not configured, configured twice, for another release of the "
        "operating system, or in a file that apt cannot read.",
    )
    APT_KEY = RulePage(
        "NP602",
        "repository without a good key",
        "sources.list(5), Signed-By",
        "The repository's key is missing, ended or ending soon, or the repository is taken "
        "unsigned. When a key ends apt keeps the old lists, and says so in a warning only.",
    )
    APT_LISTS = RulePage(
        "NP603",
        "lists missing or stale",
        "apt-get(8), update",
        "What this machine knows of the repository was never fetched, long ago, or is no longer "
        "valid.",
    )
    APT_DECOY = RulePage(
        "NP604",
        "Neuron's name in another repository",
        "apt_preferences(5)",
        "Another repository of the machine offers a package of Neuron's name. Without pins apt "
        "takes the highest version, wherever it comes from.",
    )
    APT_PREFERENCES = RulePage(
        "NP605",
        "preferences that apt does not obey",
        "apt_preferences(5)",
        "A file of preferences ends every apt command, or has no effect and says nothing: a "
        "name that is not read, a comma between names, a missing empty line.",
    )
    PIN_OVERRIDDEN = RulePage(
        "NP606",
        "another file's pin decides",
        "apt_preferences(5)",
        "Of all stanzas that match a version apt obeys the first: /etc/apt/preferences comes "
        "before preferences.d, and there the order of names counts. A stanza before "
        "neuron-pin's has taken its place.",
    )
    OUTSIDE_PIN = RulePage(
        "NP607",
        "installed, and outside of its pin",
        "apt_preferences(5)",
        "A version is installed that the pins do not admit, by an explicit install or from "
        "before. apt keeps it, plans no change and says nothing.",
    )
    HELD = RulePage(
        "NP608",
        "on hold",
        "apt-mark(8)",
        "A package on hold is not upgraded, whatever its pin; a hold has no range.",
    )
    NOT_LOADED = RulePage(
        "NP609",
        "another driver is loaded than is installed",
        "modprobe(8)",
        "The kernel still runs the module from before the upgrade; what runs is what counts. It "
        "changes when nothing uses it and it is loaded anew, or with a reboot.",
    )
    UNREADABLE = RulePage(
        "NP610",
        "could not be read",
        "check",
        "A part of what was to be checked cannot be read: damaged, cut off, too large, or of a "
        "form that is not known. The rest was checked.",
    )
    IGNORE = RulePage(
        "NP611",
        "an ignore that does not count",
        "check",
        "A comment neuron-pin: ignore[RULE] needs a reason, and counts up to its date: "
        "# neuron-pin: ignore[NP305] moves with the image; until 2027-01-31",
    )
    SHORT_NOTICE = RulePage(
        "NP701",
        "announced less than a month before",
        "Maintenance Announcement, End of Support Announcement",
        "The first announcement of a change came less than a calendar month before it, or after "
        "it. Announcements made before the policy promised a month are not held to it.",
    )
    PHASE_OF_KIND = RulePage(
        "NP702",
        "a phase that the kind does not have",
        "Neuron Software Life-cycle",
        "Release candidates are for the SDK and components; Maintenance is not for dependencies, "
        "DLAMIs, DLCs, features and APIs; Alpha is for features and APIs.",
    )
    UNANNOUNCED = RulePage(
        "NP703",
        "an end of support that was not announced",
        "End of Support Announcement",
        "Support ended, and no announcement was made before the day of the end: the only notice "
        "is the one that says that it has ended.",
    )
    SIX_MONTHS = RulePage(
        "NP704",
        "regular updates ended within six months of a newer version",
        "Neuron Extension Components Updates",
        "An earlier framework version gets regular updates for at least six months after a newer "
        "one is supported; this one left stable, or was shipped for the last time, before.",
    )
    MANIFEST_DISAGREES = RulePage(
        "NP705",
        "releases and announcements contradict each other",
        "release manifest; announcements",
        "A release ships, or lists support for, what an announcement had ended; or it dropped "
        "what no announcement had ended.",
    )
    VERSIONING = RulePage(
        "NP706",
        "a version that breaks the versioning scheme",
        "Neuron Software Versioning",
        "Extensions are X.Y.Z.A.B.C, standalone components A.B.C.D; a later release has no "
        "lower version.",
    )
    EVENTS_DISAGREE = RulePage(
        "NP707",
        "announcements contradict each other",
        "Announcements",
        "A later announcement takes an earlier one back, moves its day, or puts a subject into "
        "an earlier phase than the one it was in.",
    )
    BAD_FACT = RulePage(
        "NP708",
        "a fact that cannot be",
        "catalogue",
        "An entry names a release or an instance family that there is not, takes effect before "
        "the release it names, or replacements lead back to where they began.",
    )

    @property
    def identifier(self) -> str:
        """``NP`` and three digits."""
        return self.value.identifier

    @property
    def title(self) -> str:
        """A few words."""
        return self.value.title
