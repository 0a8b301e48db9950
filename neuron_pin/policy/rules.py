"""The rules by which a candidate is excluded, or a finding made: their identifiers and titles.

What else there is to say of a rule, and where it is decided, is in `rule_pages`, which only a
page needs: every lock loads what is here.
"""

from __future__ import annotations

from neuron_pin.record import Enum


class Rule(Enum):
    """Every rule: its identifier, which never gets another meaning, and its title.

    Identifiers are ``NP`` and three digits, grouped by hundreds: target, policy, pins, indexes,
    release coherence, host, facts of the catalog.  They are in that order, which decides nothing.
    """

    identifier: str
    title: str

    INSTANCE = ("NP101", "not for this instance family")
    PYTHON = ("NP102", "not for this Python")
    OPERATING_SYSTEM = ("NP103", "not for this operating system")
    PLATFORM = ("NP104", "no file for this platform")
    REQUIRES_PYTHON = ("NP105", "Requires-Python does not allow it")
    SCOPE = ("NP106", "not for this scope")
    DRIVER_KEPT = ("NP107", "the host keeps its driver")
    C_LIBRARY = ("NP108", "needs a newer C library")
    KERNEL = ("NP109", "needs a newer kernel")
    TARGET_ENDED = ("NP110", "the target itself is out of support")
    KERNEL_UNTESTED = ("NP111", "a kernel that the driver was not tested on")
    KERNEL_HEADERS = ("NP112", "a kernel without its headers")
    END_OF_SUPPORT = ("NP201", "end of support")
    PRE_RELEASE = ("NP202", "pre-release")
    FRAMEWORK_DEFAULT = ("NP203", "a framework version that must be asked for")
    NOT_RELEASED_YET = ("NP204", "not released yet on that day")
    SUPPORT_UNTIL = ("NP205", "support may end before the date asked for")
    MAINTENANCE = ("NP206", "in maintenance")
    ENDING = ("NP207", "end of support announced")
    REQUIREMENT = ("NP301", "a requirement excludes it")
    CONSTRAINT = ("NP302", "a constraint excludes it")
    YANKED = ("NP303", "yanked")
    OLDER_REVISION = ("NP304", "an earlier revision of the same version")
    UNPINNED = ("NP305", "allows a major upgrade")
    OUTSIDE_LOCK = ("NP306", "not the locked version")
    NEW_MAJOR = ("NP307", "a new major version that must be asked for")
    UNTRUSTED_INDEX = ("NP401", "index not trusted for the name")
    NO_WHEEL = ("NP402", "no wheel")
    INVALID_FILE = ("NP403", "unusable entry in an index")
    QUARANTINED = ("NP404", "the project is quarantined")
    PLACEHOLDER = ("NP405", "a placeholder in place of a Neuron package")
    BAD_METADATA = ("NP406", "metadata that breaks the standards")
    FOREIGN_HOST = ("NP407", "a file on another host than the index")
    MISTYPED = ("NP408", "nearly the name of a Neuron package")
    NOT_MEMBER = ("NP501", "not a member of the SDK release")
    FRAMEWORK_COHERENCE = ("NP502", "built for another framework version")
    NOT_A_PACKAGE = ("NP503", "not a package")
    NO_VERSION = ("NP504", "no version stated")
    RELEASE_LACKS = ("NP505", "the release cannot satisfy the requirements")
    DRIVER_WINDOW = ("NP506", "does not work with the driver")
    MIXED_RELEASES = ("NP507", "of several SDK releases")
    UNKNOWN_VERSION = ("NP508", "shipped by no SDK release")
    ENVIRONMENT = ("NP509", "not in one environment with another package")
    NEWER_THAN_FACTS = ("NP510", "newer than the facts")
    ANOTHER_BACKEND = ("NP511", "another backend under the same name")
    KNOWN_IN_PART = ("NP512", "of a release known in part")
    COMPILED_MODEL = ("NP513", "may fail to load a compiled model")
    APT_SOURCE = ("NP601", "apt source missing or faulty")
    APT_KEY = ("NP602", "repository without a valid key")
    APT_LISTS = ("NP603", "lists missing or stale")
    APT_DECOY = ("NP604", "a Neuron package name in another repository")
    APT_PREFERENCES = ("NP605", "preferences that apt ignores")
    PIN_OVERRIDDEN = ("NP606", "another file's pin decides")
    OUTSIDE_PIN = ("NP607", "installed version does not match its pin")
    HELD = ("NP608", "on hold")
    NOT_LOADED = ("NP609", "the loaded driver is not the installed one")
    UNREADABLE = ("NP610", "could not be read")
    IGNORE = ("NP611", "a suppression without effect")
    HOOK = ("NP612", "a hook that does not work")
    NOT_CONFIGURED = ("NP613", "installed by half")
    OVERRIDDEN_FILE = ("NP614", "a changed or diverted file of neuron-pin")
    TWO_ARCHIVES = ("NP615", "the same version in two archives")
    PHASED = ("NP616", "a phased update that apt may defer")
    CLUSTER_PARTS = ("NP617", "not beside another part of the cluster")
    OLDER_IMAGE = ("NP618", "not the newest image of its line")
    SHORT_NOTICE = ("NP701", "announced less than a month before")
    PHASE_OF_KIND = ("NP702", "a phase that does not exist for this kind")
    UNANNOUNCED = ("NP703", "an end of support that was not announced")
    SIX_MONTHS = ("NP704", "regular updates ended within six months of a newer version")
    MANIFEST_DISAGREES = ("NP705", "releases and announcements contradict each other")
    VERSIONING = ("NP706", "a version that breaks the versioning scheme")
    EVENTS_DISAGREE = ("NP707", "announcements contradict each other")
    BAD_FACT = ("NP708", "a fact that cannot be true")

    def __init__(self, identifier: str, title: str) -> None:
        self.identifier = identifier
        self.title = title
