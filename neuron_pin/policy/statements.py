"""What the maintenance policy states, part by part, and what this program does about each part.

The words are our own.  A part is a sentence, a phase or an example of a list, or a row of a table;
heads of columns and bare references to other sections are none.  ``fixtures/policy`` has how many
parts each section of both editions has, and a test holds this table to that.
"""

from __future__ import annotations

from neuron_pin.record import Enum, NamedTuple

from .rules import Rule

PAGE = "about-neuron/sdk-policy.rst"

SEED = "2024-09"
TODAY = "2025-05"
BOTH = (SEED, TODAY)
"""The two editions whose text is known in full, by the names that `edition` gives them."""


class Coverage(Enum):
    """What the program does about a part of the policy."""

    ENFORCED = "enforced"
    """A rule excludes versions, or a finding says that somebody breaks it."""
    SHOWN = "shown"
    """A command says so; there is nothing to refuse."""
    OUTSIDE = "not enforceable"
    """Nothing that a program could check from versions, dates and files."""


class Statement(NamedTuple):
    """A part of the policy, or several that say one thing.

    ``chapter`` and ``section`` are headings of the page, equal for what stands below a chapter's
    own heading; of the table of phases ``section`` is the row.  ``parts`` are their numbers there,
    and ``editions`` those that have them.  ``text`` is what the page states, ``does`` what the
    program does, or why it cannot.  ``rules`` enforce it, ``command`` shows it.
    """

    chapter: str
    section: str
    parts: tuple[int, ...]
    text: str
    coverage: Coverage
    does: str
    rules: tuple[Rule, ...] = ()
    command: str = ""
    editions: tuple[str, ...] = BOTH

    @property
    def name(self) -> str:
        """``Neuron Software Life-cycle / Maintenance 1-3``: one for each statement."""
        numbers = f"{self.parts[0]}-{self.parts[-1]}" if len(self.parts) > 1 else self.parts[0]
        return f"{self.chapter} / {self.section} {numbers}"


_ENFORCED, _SHOWN, _OUTSIDE = Coverage.ENFORCED, Coverage.SHOWN, Coverage.OUTSIDE

_OVERVIEW = "Overview"
_DEFINITIONS = "Neuron Software Definitions"
_LIFECYCLE = "Neuron Software Life-cycle"
_VERSIONING = "Neuron Software Versioning"
_RELEASES = "Neuron Software Release Types"
_CLASSES = "Neuron Software Classification"

STATEMENTS = (
    Statement(
        _OVERVIEW, _OVERVIEW, (1,),
        "The policy covers the SDK, its components, model classes, features, APIs, images and "
        "dependencies.",
        _SHOWN, "Each of them is a kind of subject with phases of its own.",
        command="neuron-pin policy phases",
    ),
    Statement(
        _OVERVIEW, _OVERVIEW, (2, 3),
        "Neuron is the SDK for Inferentia and Trainium; it works with machine learning frameworks "
        "and has a compiler, a runtime, a driver, tools and libraries.",
        _OUTSIDE, "It describes the product and asks nothing.",
    ),
    Statement(
        _OVERVIEW, _OVERVIEW, (4,),
        "The policy is about lifecycles and versions.",
        _SHOWN, "Phases with their dates, and what an update of each class may change.",
        command="neuron-pin lifecycle",
    ),
    Statement(
        _DEFINITIONS, _DEFINITIONS, (1,),
        "Neuron Software is all that AWS Neuron provides.",
        _OUTSIDE, "It introduces the definitions.",
    ),
    Statement(
        _DEFINITIONS, "Neuron SDK", (1,),
        "The SDK builds, trains and deploys models on the two families of chips.",
        _OUTSIDE, "It describes the product and asks nothing.",
    ),
    Statement(
        _DEFINITIONS, "Neuron SDK", (2,),
        "A release of the SDK is the set of components that come out together.",
        _ENFORCED,
        "A lock takes the components of one release; check reports versions of several releases "
        "in one environment.",
        (Rule.NOT_MEMBER, Rule.RELEASE_LACKS, Rule.MIXED_RELEASES),
        "neuron-pin releases 2.32.0",
    ),
    Statement(
        _DEFINITIONS, "Neuron components", (1, 2),
        "Components are packages and libraries, mostly from pip, rpm or Debian repositories.",
        _ENFORCED,
        "Locks are written for pip, apt and dnf; what no package manager installs is named.",
        (Rule.NOT_A_PACKAGE,),
        "neuron-pin lock --instance trn2 --offline",
    ),
    Statement(
        _DEFINITIONS, "Neuron components", (3,),
        "There are extension components and standalone components.",
        _SHOWN, "A lock.json has the kind of each package.",
        command="neuron-pin lock --instance trn2 --offline --format json",
    ),
    Statement(
        _DEFINITIONS, "Neuron extension components", (1, 2),
        "Extension components bring Neuron into open source frameworks and libraries; the name "
        "includes the parts of those that Neuron supports.",
        _ENFORCED,
        "A lock keeps one version of each framework, and every extension of it is built for that "
        "version.",
        (Rule.FRAMEWORK_COHERENCE,),
        "neuron-pin lock torch-neuronx --instance trn2 --python 3.12 --offline",
    ),
    Statement(
        _DEFINITIONS, "Neuron extension components", (3,),
        "The lifecycle of those frameworks is that of their communities.",
        _OUTSIDE,
        "The facts are Neuron's announcements alone: until when a community keeps a version is "
        "not in them.",
    ),
    Statement(
        _DEFINITIONS, "Neuron extension components", (4, 5),
        "Examples: Neuron Nemo Megatron, a library; PyTorch NeuronX and TensorFlow Neuron, of "
        "frameworks.",
        _SHOWN, "Each framework version that Neuron supports has a phase.",
        command="neuron-pin lifecycle --kind framework",
    ),
    Statement(
        _DEFINITIONS, "Neuron standalone components", (1, 2),
        "Standalone components work by themselves: the compiler, the tools, the runtime.",
        _SHOWN, "A release lists them with their versions.",
        command="neuron-pin releases 2.32.0",
    ),
    Statement(
        _DEFINITIONS, "Neuron Model Classes", (1, 2),
        "A model class belongs to a component or library and to training or inference; it can be "
        "Beta for the one and Stable for the other.",
        _SHOWN, "Each class has a phase for its component and its workload.",
        command="neuron-pin lifecycle --kind model-class",
    ),
    Statement(
        _DEFINITIONS, "Neuron features", (1,),
        "A feature is anything that the SDK or a component can do.",
        _SHOWN, "Features that announcements name have phases.",
        command="neuron-pin lifecycle --kind feature",
    ),
    Statement(
        _DEFINITIONS, "Neuron features", (2,),
        "An example is the persistent cache of Transformers NeuronX.",
        _SHOWN,
        "That library is out of support; what its cache keeps models by is told with compiled "
        "models.",
        command="neuron-pin explain neff --sdk 2.26.0 -v",
        editions=(SEED,),
    ),
    Statement(
        _DEFINITIONS, "Neuron APIs", (1, 2, 3),
        "An API is an interface, a command line, a variable or a flag of the SDK or a component, "
        "such as the trace API and the compiler's flags.",
        _SHOWN, "APIs that announcements name have phases.",
        command="neuron-pin lifecycle --kind api",
    ),
    Statement(
        _DEFINITIONS, "Dependency software components", (1,),
        "Dependencies are what Neuron needs from others, such as Python and the operating system.",
        _ENFORCED,
        "A lock is for a Python and an operating system that the release supports.",
        (Rule.PYTHON, Rule.OPERATING_SYSTEM),
        "neuron-pin releases 2.32.0",
    ),
    Statement(
        _DEFINITIONS, "Dependency software components", (2,),
        "Their lifecycle is that of their communities and vendors.",
        _OUTSIDE,
        "The facts are Neuron's announcements alone: until when Python or an operating system "
        "is kept by others is not in them.",
    ),
    Statement(
        _DEFINITIONS, "Dependency software components", (3, 4),
        "Examples: Ubuntu 22 and Amazon Linux 2023; Python 3.10.",
        _ENFORCED,
        "When Neuron ends support of a Python, a system or an instance family, no lock is made "
        "for it unless that is asked for.",
        (Rule.TARGET_ENDED,),
        "neuron-pin lifecycle --kind os",
    ),
    Statement(
        _DEFINITIONS, "Neuron Deep Learning AMIs and Deep Learning Containers", (1,),
        "DLAMIs and DLCs are images with the SDK and what it needs installed.",
        _SHOWN, "Images have phases, and check reads the images that files name.",
        command="neuron-pin lifecycle --kind dlami",
    ),
    Statement(
        _LIFECYCLE, _LIFECYCLE, (1, 2, 3, 4, 5, 6),
        "Software goes through Beta (or Developer Preview), Release Candidate, Stable (or General "
        "Availability), Maintenance and End of Support; not every kind has every phase.",
        _ENFORCED,
        "The phases of each kind are a table; an announcement that names another one is "
        "reported.",
        (Rule.PHASE_OF_KIND,),
        "neuron-pin policy phases",
    ),
    Statement(
        _LIFECYCLE, "Developer Preview (Beta)", (1, 2),
        "Beta is not supported, not for production, and may break with the next release.",
        _ENFORCED,
        "A lock takes a Beta only by its exact version or with --phase beta.",
        (Rule.PRE_RELEASE,),
        "neuron-pin explain nrtpy --instance trn2 --offline",
    ),
    Statement(
        _LIFECYCLE, "Release Candidate (RC)", (1,),
        "What is found to be stable may first be a Release Candidate.",
        _ENFORCED,
        "A lock takes a candidate only by its exact version or with --phase rc.",
        (Rule.PRE_RELEASE,),
        "neuron-pin policy NP202",
    ),
    Statement(
        _LIFECYCLE, "Release Candidate (RC)", (2,),
        "The phase is short; updates come as needed.",
        _SHOWN, "The updates that a phase gets are a table.",
        command="neuron-pin policy phases",
    ),
    Statement(
        _LIFECYCLE, "Release Candidate (RC)", (3,),
        "Only the SDK and components have this phase.",
        _ENFORCED, "An announcement of it for another kind is reported.",
        (Rule.PHASE_OF_KIND,),
        "neuron-pin policy phases",
    ),
    Statement(
        _LIFECYCLE, "General Availability (Stable)", (1,),
        "Stable software gets regular updates with the SDK's releases, or maintenance updates as "
        "needed.",
        _SHOWN, "outdated says what an update would bring, and whether support ends.",
        command="neuron-pin policy phases",
    ),
    Statement(
        _LIFECYCLE, "Maintenance", (1, 2, 3),
        "In Maintenance updates come as needed and less often, for critical issues and "
        "stability.",
        _ENFORCED,
        "Allowed with a warning that says since when and what replaces it; --fail-on maintenance "
        "makes an error of it.",
        (Rule.MAINTENANCE,),
        "neuron-pin policy NP206",
    ),
    Statement(
        _LIFECYCLE, "Maintenance", (4,),
        "It is announced at least a month before it begins.",
        _ENFORCED,
        "Announcements that come later are reported; until when support is sure is counted from "
        "that month.",
        (Rule.SHORT_NOTICE,),
        "neuron-pin catalog lint",
    ),
    Statement(
        _LIFECYCLE, "Maintenance", (5,),
        "Dependencies, images, features and APIs have no Maintenance.",
        _ENFORCED, "An announcement of it for another kind is reported.",
        (Rule.PHASE_OF_KIND,),
        "neuron-pin policy phases",
    ),
    Statement(
        _LIFECYCLE, "End of Support (EOS)", (1,),
        "From the End of Support on there are no updates, none for security either.",
        _ENFORCED,
        "Not chosen, and refused by hooks and the filtered index, which say since when and what "
        "replaces it.",
        (Rule.END_OF_SUPPORT,),
        "neuron-pin explain torch-neuronx --instance trn2 --offline",
    ),
    Statement(
        _LIFECYCLE, "End of Support (EOS)", (2, 3),
        "Old packages and images remain available, to be used at one's own discretion, without "
        "support; to upgrade is recommended.",
        _ENFORCED,
        "An exact version, or --phase eos, still takes it, with a warning in those words; plan "
        "gives the way to a supported release.",
        (Rule.END_OF_SUPPORT,),
        "neuron-pin plan --from 2.28.1 --to 2.32.0 --instance trn2 --os ubuntu24.04",
    ),
    Statement(
        _LIFECYCLE, "End of Support (EOS)", (4,),
        "It is announced at least a month before.",
        _ENFORCED,
        "What is announced to end soon is reported; ends without an announcement, or with a "
        "later one, are reported of the facts.",
        (Rule.ENDING, Rule.SHORT_NOTICE, Rule.UNANNOUNCED, Rule.SUPPORT_UNTIL),
        "neuron-pin lifecycle",
    ),
    Statement(
        _LIFECYCLE, "Neuron Software Regular Updates", (1,),
        "Regular updates bring features, performance, fixes, security fixes, and newer "
        "dependencies and frameworks.",
        _OUTSIDE, "What an update contains is in its release notes, not in its version.",
    ),
    Statement(
        _LIFECYCLE, "Neuron Software Regular Updates", (2,),
        "They come as a new minor version of the SDK, or as a new major one if they break "
        "compatibility.",
        _SHOWN, "diff names the class of an update, of the SDK and of each package.",
        command="neuron-pin diff 2.28.1 2.32.0 --instance trn2",
    ),
    Statement(
        _LIFECYCLE, "Neuron Software Regular Updates", (3, 4),
        "Earlier releases get none of it: to have it, take the latest.",
        _SHOWN,
        "A lock takes the newest release that meets the requirements; a release says what it "
        "still gets, and outdated how far something is behind.",
        command="neuron-pin releases 2.28.1",
    ),
    Statement(
        _LIFECYCLE, "Neuron Software Regular Updates", (5, 6, 7),
        "Pin the major version of each package, as in aws-neuronx-tools=2.* and "
        "torch-neuronx==2.1.0.1.*, so that a new incompatible major version does not come by "
        "itself.",
        _ENFORCED,
        "Open ranges are reported with the pin to write; a new major version must be asked for; "
        "hooks keep what is locked; --pin major writes such pins.",
        (Rule.UNPINNED, Rule.NEW_MAJOR, Rule.OUTSIDE_LOCK),
        "neuron-pin lock neuronx-cc --instance trn2 --offline --pin major",
    ),
    Statement(
        _LIFECYCLE, "Neuron Software Maintenance Updates", (1, 2),
        "Maintenance updates fix bugs and security and renew dependencies; the vendor may add "
        "more.",
        _OUTSIDE, "What an update contains is in its release notes, not in its version.",
    ),
    Statement(
        _LIFECYCLE, "Neuron Software Maintenance Updates", (3,),
        "They come as a new patch version of the SDK.",
        _SHOWN, "diff names the class of an update, of the SDK and of each package.",
        command="neuron-pin diff 2.28.0 2.28.1 --instance trn2",
    ),
    Statement(
        _LIFECYCLE, "Neuron Software Maintenance Updates", (4,),
        "Major and minor releases may have them too.",
        _OUTSIDE, "What an update contains is in its release notes, not in its version.",
    ),
    Statement(
        _LIFECYCLE, "Neuron Software Maintenance Updates", (5, 6),
        "Earlier releases get none of it: to have it, take the latest patch release.",
        _SHOWN, "A release says what it still gets; a range such as 2.28 means its newest patch.",
        command="neuron-pin releases 2.28.0",
    ),
    Statement(
        _LIFECYCLE, "Neuron DLAMIs and DLCs Updates", (1, 2, 3),
        "Images get updates as new images and are never changed: to have them, take the new one.",
        _ENFORCED,
        "A file that names an older image of a line is reported, with the newest one.",
        (Rule.OLDER_IMAGE,),
        "neuron-pin policy NP618",
    ),
    Statement(
        _LIFECYCLE, "Neuron DLAMIs and DLCs Updates", (4, 5),
        "Images generally support the latest LTS version of a Linux distribution, Base DLAMIs the "
        "two latest.",
        _OUTSIDE,
        "The page allows exceptions and does not name them; ends of images on a system that were "
        "announced are facts like others.",
        editions=(TODAY,),
    ),
    Statement(
        _LIFECYCLE, "Neuron Extension Components Updates", (1, 2),
        "The extension for the latest supported framework version is the default; an earlier one "
        "must be asked for.",
        _ENFORCED, "The highest framework version of a release wins unless a requirement says "
        "otherwise.",
        (Rule.FRAMEWORK_DEFAULT,),
        "neuron-pin explain libtorch-neuronx-lite --instance trn2 --python 3.12 --offline",
    ),
    Statement(
        _LIFECYCLE, "Neuron Extension Components Updates", (3,),
        "After a newer framework version is supported, the earlier one gets regular updates for "
        "at least six months.",
        _ENFORCED,
        "Ends within six months are reported of the facts; until when support is sure counts "
        "those months, and --require-support-until asks for a day.",
        (Rule.SIX_MONTHS, Rule.SUPPORT_UNTIL),
        "neuron-pin lifecycle torch-neuronx",
    ),
    Statement(
        _LIFECYCLE, "Neuron Extension Components Updates", (4, 5),
        "After that it may go into Maintenance, with updates as needed.",
        _ENFORCED, "Allowed with a warning, once it is announced.",
        (Rule.MAINTENANCE,),
        "neuron-pin lifecycle torch-neuronx",
    ),
    Statement(
        _LIFECYCLE, "Communication methods", (1,),
        "Classification and lifecycle are announced in the documentation.",
        _ENFORCED,
        "Every event names the announcement behind it; where releases and announcements "
        "contradict each other, that is reported.",
        (Rule.MANIFEST_DISAGREES, Rule.EVENTS_DISAGREE),
        "neuron-pin catalog lint",
    ),
    Statement(
        _LIFECYCLE, "Communication methods", (2,),
        "The documentation lists the releases and the dependencies that they support.",
        _SHOWN, "Releases with their packages, Pythons and systems are in the catalog.",
        command="neuron-pin releases",
    ),
    Statement(
        _VERSIONING, "Neuron SDK Documentation Versioning", (1, 2),
        "The documentation has a version for each release, which readers can choose.",
        _SHOWN, "The address of a source leads to the documentation of the release it is about.",
        command="neuron-pin explain torch-neuronx --instance trn2 --offline --format json",
    ),
    Statement(
        _VERSIONING, "Neuron SDK Versioning", (1,),
        "Releases have versions A.B.C: major, minor, patch.",
        _ENFORCED, "Releases are ordered so; versions of another form are reported of the facts.",
        (Rule.VERSIONING,),
        "neuron-pin catalog lint",
    ),
    Statement(
        _VERSIONING, "Neuron extension components Versioning", (1,),
        "Extensions have versions X.Y.Z.A.B.C: those of the framework, then their own.",
        _ENFORCED,
        "Pins hold the framework's and the own major version; versions of another form are "
        "reported of the facts.",
        (Rule.VERSIONING,),
        "neuron-pin catalog lint",
    ),
    Statement(
        _VERSIONING, "Neuron Standalone Component Versioning", (1,),
        "Other components have versions A.B.C.D, of which C.D is the patch.",
        _ENFORCED,
        "Updates are classified so; versions of another form are reported of the facts.",
        (Rule.VERSIONING,),
        "neuron-pin catalog lint",
    ),
    Statement(
        _RELEASES, "Major release", (1, 2),
        "A major version changes much and is incompatible; applications have to be updated.",
        _SHOWN, "What an update of each class promises is a table, and diff cites it.",
        command="neuron-pin policy updates",
    ),
    Statement(
        _RELEASES, "Major release", (3,),
        "Update major versions carefully, by the vendor's guide.",
        _ENFORCED, "A new major version is never chosen by itself; plan gives the steps and the "
        "way back.",
        (Rule.NEW_MAJOR,),
        "neuron-pin policy NP307",
    ),
    Statement(
        _RELEASES, "Major release", (4,),
        "After it the Runtime, the Compiler and compiled models (NEFF) of before may not be "
        "compatible.",
        _ENFORCED,
        "check --neff-compiler reports a runtime library that may fail to load a model; explain "
        "neff says why.",
        (Rule.COMPILED_MODEL,),
        "neuron-pin explain neff --compiler 3.0.1.0 --runtime 2.34.10.0",
    ),
    Statement(
        _RELEASES, "Minor release", (1,),
        "A minor version adds in a backward compatible way.",
        _SHOWN,
        "An update within a major version is allowed; a later runtime library runs earlier "
        "models.",
        command="neuron-pin policy updates",
    ),
    Statement(
        _RELEASES, "Patch release", (1, 2),
        "A patch version has backward compatible fixes of bugs and security.",
        _SHOWN, "What an update of each class promises is a table, and diff cites it.",
        command="neuron-pin policy updates",
    ),
    Statement(
        _RELEASES, "Pre-releases", (1, 2),
        "Beta is not supported, not for production, and may break with the next release.",
        _ENFORCED, "A lock takes a Beta only by its exact version or with --phase beta.",
        (Rule.PRE_RELEASE,),
        "neuron-pin explain nrtpy --instance trn2 --offline",
    ),
    Statement(
        _RELEASES, "Pre-releases", (3,),
        "The minor version of a Beta has a b.",
        _ENFORCED,
        "Such a version is a Beta; one that release notes call Beta is one without the letter "
        "too, and that is reported of the facts.",
        (Rule.PRE_RELEASE, Rule.VERSIONING),
        "neuron-pin catalog lint",
    ),
    Statement(
        _RELEASES, "Pre-releases", (4, 5),
        "A Release Candidate is ready unless significant bugs show, and is fully supported.",
        _SHOWN, "The updates that a phase gets are a table.",
        command="neuron-pin policy phases",
    ),
    Statement(
        _RELEASES, "Pre-releases", (6,),
        "The minor version of a Release Candidate has rc.",
        _ENFORCED, "Such a version is a candidate, and is taken only if that is asked for.",
        (Rule.PRE_RELEASE,),
        "neuron-pin policy NP202",
    ),
    Statement(
        _CLASSES, _CLASSES, (1,),
        "The classification is for APIs, libraries, packages, features and model classes.",
        _OUTSIDE, "It introduces the tables.",
    ),
    Statement(
        _CLASSES, "Neuron SDK and Neuron components", (1, 2, 3),
        "Of Beta, Release Candidate and Stable: how they are tested, what they have, and whether "
        "performance is tested.",
        _SHOWN, "The table is printed, and lifecycle has it with a subject.",
        command="neuron-pin policy classification",
    ),
    Statement(
        _CLASSES, "Neuron SDK and Neuron components", (4, 5, 6),
        "A minimum viable product has just enough for early customers to use it and to say what "
        "they think; it may be more.",
        _SHOWN, "The note is printed with the table.",
        command="neuron-pin policy classification",
    ),
    Statement(
        _CLASSES, "Neuron APIs", (1,),
        "An Alpha API is unstable and undocumented, and not backward compatible.",
        _SHOWN, "The table is printed, and lifecycle has it with a subject.",
        command="neuron-pin policy classification",
        editions=(TODAY,),
    ),
    Statement(
        _CLASSES, "Neuron APIs", (2, 3),
        "A Beta API may change much; a Stable one grows without breaking.",
        _SHOWN, "The table is printed, and lifecycle has it with a subject.",
        command="neuron-pin policy classification",
    ),
    Statement(
        _CLASSES, "Neuron APIs", (4,),
        "Where it has to be, a Stable API may break, with notice ahead.",
        _SHOWN, "The note is printed with the table; announced changes of APIs have dates.",
        command="neuron-pin lifecycle --kind api",
    ),
    Statement(
        _CLASSES, "Neuron Features", (1,),
        "An Alpha feature is partial and not tested.",
        _SHOWN, "The table is printed, and lifecycle has it with a subject.",
        command="neuron-pin policy classification",
        editions=(TODAY,),
    ),
    Statement(
        _CLASSES, "Neuron Features", (2, 3),
        "Of Beta and Stable: how they are tested, what they have, and whether performance is "
        "tested.",
        _SHOWN, "The table is printed, and lifecycle has it with a subject.",
        command="neuron-pin policy classification",
    ),
    Statement(
        _CLASSES, "Neuron Features", (4, 5, 6),
        "A minimum viable product has just enough for early customers to use it and to say what "
        "they think; it may be more.",
        _SHOWN, "The note is printed with the table.",
        command="neuron-pin policy classification",
    ),
    Statement(
        _CLASSES, "Neuron Supported Model Classes", (1, 2),
        "Of Beta and Stable: accuracy or convergence is validated, throughput and latency are "
        "tested.",
        _SHOWN, "The table is printed, and lifecycle has it with a model class.",
        command="neuron-pin policy classification",
    ),
)  # fmt: skip
"""In the order of the page."""

NOT_OF_THE_POLICY = (
    Rule.INSTANCE, Rule.PLATFORM, Rule.REQUIRES_PYTHON, Rule.SCOPE, Rule.DRIVER_KEPT,
    Rule.C_LIBRARY, Rule.KERNEL, Rule.KERNEL_UNTESTED, Rule.KERNEL_HEADERS,
    Rule.NOT_RELEASED_YET, Rule.REQUIREMENT, Rule.CONSTRAINT, Rule.YANKED, Rule.OLDER_REVISION,
    Rule.UNTRUSTED_INDEX, Rule.NO_WHEEL, Rule.INVALID_FILE, Rule.QUARANTINED, Rule.PLACEHOLDER,
    Rule.BAD_METADATA, Rule.FOREIGN_HOST, Rule.MISTYPED, Rule.NO_VERSION, Rule.DRIVER_WINDOW,
    Rule.UNKNOWN_VERSION, Rule.ENVIRONMENT, Rule.NEWER_THAN_FACTS, Rule.ANOTHER_BACKEND,
    Rule.KNOWN_IN_PART, Rule.APT_SOURCE, Rule.APT_KEY, Rule.APT_LISTS, Rule.APT_DECOY,
    Rule.APT_PREFERENCES, Rule.PIN_OVERRIDDEN, Rule.OUTSIDE_PIN, Rule.HELD, Rule.NOT_LOADED,
    Rule.UNREADABLE, Rule.IGNORE, Rule.HOOK, Rule.NOT_CONFIGURED, Rule.OVERRIDDEN_FILE,
    Rule.TWO_ARCHIVES, Rule.PHASED, Rule.CLUSTER_PARTS, Rule.BAD_FACT,
)  # fmt: skip
"""Rules that something else is behind: a standard, a manual page, the release manifest, release
notes, an option, or this program's own files.  The page of each says what."""


def list_rules(rule: Rule) -> list[Statement]:
    """The statements that a rule enforces."""
    return [statement for statement in STATEMENTS if rule in statement.rules]
