"""Every rule's page: what it means, to pip, apt and rpm, an example, and where it is decided.

Apart from `rules`, because every lock loads those and only a page needs these.
"""

from __future__ import annotations

from neuron_pin.record import NamedTuple

from .rules import Rule


class RulePage(NamedTuple):
    """A rule's reference.

    ``section`` is the policy's section or the standard that it comes from, ``text`` what it
    means; ``pip``, ``apt`` and ``rpm`` what it means there, empty for nothing;
    ``example`` is a command that shows it.  ``decided_by`` names the functions that decide it,
    as ``module:function`` below ``neuron_pin``; a test compares them with the code.
    """

    section: str
    text: str
    pip: str
    apt: str
    rpm: str
    example: str
    decided_by: tuple[str, ...]


_NOT_WRITTEN = "not in constraints and lock files"
_NOT_PINNED = "no stanza of the preferences allows it: priority -1"
_NOT_LOCKED = "not in the version lock"

_ANY = (_NOT_WRITTEN, _NOT_PINNED, _NOT_LOCKED)
_PIP = (_NOT_WRITTEN, "", "")
_SYSTEM = ("", _NOT_PINNED, _NOT_LOCKED)
_UNCHECKED = ("not checked", "not checked", "not checked")
_REPORTED = (
    "the finding is still reported",
    "the finding is still reported",
    "the finding is still reported",
)
_HOOK_REFUSES = "the hook refuses the transaction"
_PLUGIN_REFUSES = "the plugin refuses the transaction"
_REFUSED = ("no lock is written", "no lock is written", "no lock is written")

PAGES = {
    Rule.INSTANCE: RulePage(
        "release manifest",
        "The release lists this version for other instance families. Choose one of them with "
        "--instance, or another version.",
        *_ANY,
        "neuron-pin explain torch-neuron --instance trn1",
        (
            "audit.requirements:_fits",
            "fleet.lock_fit:_find_other_class",
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
            "fleet.lock_fit:_find_other_class",
            "resolve.rules:python",
        ),
    ),
    Rule.OPERATING_SYSTEM: RulePage(
        "Dependency software components",
        "The release does not support its system packages on this operating system, which is "
        "newer than the release or no longer supported. Choose another with --os.",
        *_SYSTEM,
        "neuron-pin explain aws-neuronx-tools --os debian12 --sdk 2.20.0",
        (
            "audit.host:_system",
            "fleet.lock_fit:_find_other_class",
            "resolve.rules:operating_system",
        ),
    ),
    Rule.PLATFORM: RulePage(
        "PEP 425",
        "The index has this version, but no wheel whose tags match the target's Python and "
        "platform, and no source distribution with static metadata. The platform follows from "
        "--os (its glibc) and --platform. A plain tag (linux_x86_64) names no operating system: "
        "there the local version decides, and what the vendor states of the wheels. Without an "
        "index, nothing that Neuron publishes fits another machine than x86_64.",
        *_PIP,
        "neuron-pin lock torch --os amzn2 --python 3.12",
        (
            "fleet.lock_fit:_find_other_class",
            "resolve.index_candidates:IndexCandidates._find_missing",
            "resolve.index_candidates:IndexCandidates._find_unusable",
            "resolve.rules:platform",
        ),
    ),
    Rule.REQUIRES_PYTHON: RulePage(
        "PEP 503, core metadata",
        "The file declares the Python versions that it supports, and the target's is not one of "
        "them.",
        *_PIP,
        "neuron-pin lock numpy --python 3.8",
        ("resolve.rules:requires_python",),
    ),
    Rule.C_LIBRARY: RulePage(
        "deb-control(5) Depends, rpm Requires",
        "The package requires a newer glibc than the operating system has.",
        "",
        "apt cannot satisfy the dependency",
        "dnf cannot satisfy the requirement",
        "neuron-pin lock aws-neuronx-tools --os ubuntu20.04 --apt-repo …",
        ("resolve.rules:c_library",),
    ),
    Rule.KERNEL: RulePage(
        "release notes of the driver",
        "The host's kernel (--with-kernel, or this machine's with --target auto) is older than "
        "the kernel that the driver needs on this operating system.",
        *_SYSTEM,
        "neuron-pin explain aws-neuronx-dkms --os amzn2 --with-kernel 4.14",
        (
            "audit.host:_driver",
            "fleet.lock_fit:_find_blockers",
            "hooks.program.verdict:judge_kernels",
            "resolve.rules:kernel",
        ),
    ),
    Rule.TARGET_ENDED: RulePage(
        "Dependency software components; End of Support",
        "The Python, operating system or instance family of the target is out of support on the "
        "date of the lock. The reason names its replacement. --phase eos makes a lock for it "
        "anyway; --as-of with an earlier date makes the lock of that day.",
        *_REFUSED,
        "neuron-pin lock --instance trn1 --python 3.9",
        (
            "audit.images:check_image",
            "audit.machine_images:check_machine_image",
            "audit.host:_system",
            "resolve.support:_make_ended_error",
        ),
    ),
    Rule.KERNEL_UNTESTED: RulePage(
        "release notes of the driver",
        "A transaction installs a kernel of a new series (6.8) that the driver's release was not "
        "tested on. The driver is built for each kernel; if that fails, the machine has no driver "
        "after the next boot. The hooks of apt and dnf refuse such a kernel, and allow another "
        "patch of an installed series. check warns where such a kernel is running.",
        "",
        _HOOK_REFUSES,
        _PLUGIN_REFUSES,
        "neuron-pin hook install apt --lock lock.json",
        ("audit.host:_untested_kernel", "hooks.program.verdict:judge_kernels"),
    ),
    Rule.KERNEL_HEADERS: RulePage(
        "dkms(8)",
        "A transaction installs a kernel without the headers that the driver is built with, so "
        "the machine has no driver after the next boot. The hooks of apt and dnf refuse it on "
        "machines that have the headers of another kernel: install both in one command.",
        "",
        _HOOK_REFUSES,
        _PLUGIN_REFUSES,
        "neuron-pin hook install dnf --lock lock.json",
        ("hooks.program.verdict:judge_kernels",),
    ),
    Rule.SCOPE: RulePage(
        "installation guide",
        "The driver is a kernel module, and the OCI hook belongs to the container runtime: both "
        "are installed on the host, and containers use them there. Runtime library, collectives, "
        "frameworks and all other Python packages belong in the container. Tools may be on either "
        "side. The Kubernetes plugin and scheduler are parts of the cluster, and are locked with "
        "the host. --scope host has what is for the host, --scope container what is for a "
        "container.",
        "excluded; a requirement on it is refused",
        "not in the preferences",
        _NOT_LOCKED,
        "neuron-pin explain aws-neuronx-dkms --instance trn2 --scope container",
        (
            "audit.scope:check_scope",
            "operations.lock_request:refuse_other_side",
            "resolve.rules:scope",
        ),
    ),
    Rule.END_OF_SUPPORT: RulePage(
        "Neuron Software Life-cycle, End of Support",
        "Support has ended by the date of the lock. The files are still available at your own "
        "risk: by an exact pin, or with --phase eos.",
        "excluded unless pinned exactly, then with a warning",
        "priority -1; apt-get install name=VERSION still installs it",
        _NOT_LOCKED,
        "neuron-pin lock 'torch-neuronx==2.5.*'",
        (
            "audit.names:check_names",
            "audit.images:check_image",
            "audit.requirements:_one",
            "audit.part:check_part",
            "hooks.program.verdict:_judge_version",
            "resolve.never_shipped:describe_ended",
            "resolve.rules:end_of_support",
        ),
    ),
    Rule.PRE_RELEASE: RulePage(
        "Neuron Software Versioning, Pre-releases",
        "Alpha, Beta and Release Candidate software is not for production. An exact pin chooses "
        "it, or --phase beta (alpha, rc). For other packages than Neuron packages this is PEP "
        "440's rule for pre-releases.",
        "a pre-release (PEP 440): only by an exact pin or --phase beta",
        "priority -1",
        _NOT_LOCKED,
        "neuron-pin lock vllm-neuron --instance trn2",
        (
            "audit.part:check_part",
            "resolve.resolver:list_releases",
            "resolve.rules:early_phase",
            "resolve.rules:prerelease",
        ),
    ),
    Rule.FRAMEWORK_DEFAULT: RulePage(
        "Neuron Extension Components Updates",
        "A release ships several versions of a framework. The default is the newest that is "
        "stable on the day; another one must be requested: torch-neuronx==2.8.*. A Beta is never "
        "the default.",
        *_PIP,
        "neuron-pin explain torch-neuronx --sdk 2.28.1 --python 3.11 --as-of 2026-03-20",
        ("resolve.release_candidates:_default_framework",),
    ),
    Rule.NOT_RELEASED_YET: RulePage(
        "--as-of",
        "With --as-of DATE everything after that date is ignored.",
        *_ANY,
        "neuron-pin explain torch-neuronx --as-of 2025-01-01",
        (
            "audit.cluster_parts:check_chart",
            "audit.cluster_parts:_check_version",
            "audit.release_day:check_release_day",
            "audit.release_day:report_too_early",
            "proxy.project_detail:_FileEvaluator._not_shipped_yet",
            "resolve.explain:_against",
            "resolve.explain:_judge_parts",
            "resolve.resolver:list_releases",
            "resolve.rules:not_uploaded_yet",
        ),
    ),
    Rule.SUPPORT_UNTIL: RulePage(
        "End of Support Announcement; Neuron Extension Components Updates",
        "With --require-support-until DATE only versions are chosen whose support the policy "
        "guarantees until that day: an end of support is announced at least a month ahead, and an "
        "earlier framework version gets regular updates for six months after a newer one is "
        "supported. The guarantee is counted from the date of the catalog, so a newer catalog "
        "guarantees later dates.",
        *_ANY,
        "neuron-pin lock torch-neuronx --require-support-until 2026-12-31",
        (
            "resolve.rules:support_until",
            "resolve.support:refuse_target",
        ),
    ),
    Rule.MAINTENANCE: RulePage(
        "Neuron Software Life-cycle, Maintenance",
        "It gets critical fixes as needed, and nothing new. The finding names the replacement "
        "that was announced.",
        "allowed, with a warning",
        "allowed",
        "allowed",
        "neuron-pin check requirements.txt",
        ("audit.part:check_part",),
    ),
    Rule.ENDING: RulePage(
        "End of Support Announcement",
        "The end of support has been announced, and is within the days of --within (90 by "
        "default).",
        "allowed until that day",
        "allowed until that day",
        "allowed until that day",
        "neuron-pin check --within 180d requirements.txt",
        ("audit.part:check_part",),
    ),
    Rule.REQUIREMENT: RulePage(
        "PEP 440, apt-get(8)",
        "A requirement of the user, or of a package in the lock, does not allow it.",
        *_ANY,
        "neuron-pin lock torch-neuronx 'torch<2.9'",
        (
            "operations.explain:_from_sources",
            "resolve.explain:_against",
            "resolve.explain:_judge_parts",
            "resolve.learning:LearningSearch._note",
            "resolve.named_first:NamedFirst._note",
            "resolve.provider:Provider._note_refusal",
            "resolve.release_candidates:_not_required",
            "resolve.release_solve:_describe_refusals",
        ),
    ),
    Rule.CONSTRAINT: RulePage(
        "pip: constraints files",
        "A constraint given with -c does not allow it.",
        *_ANY,
        "neuron-pin lock torch-neuronx -c constraints.txt",
        ("resolve.provider:Provider.scan",),
    ),
    Rule.YANKED: RulePage(
        "PEP 592",
        "The index has withdrawn this version; only an exact pin chooses it.",
        "excluded unless pinned exactly",
        "",
        "",
        "neuron-pin lock NAME",
        ("resolve.rules:yanked",),
    ),
    Rule.OLDER_REVISION: RulePage(
        "deb-version(7)",
        "Revisions of Neuron system packages are commit hashes, which cannot be ordered. "
        "Where a repository has two builds of the same version, the later one is chosen (by date "
        "where the repository states one, else by its place in the index), and the pin names that "
        "revision.",
        "",
        "the pin names the revision: 2.34.10.0-ac18d186d",
        "the lock names the release",
        "neuron-pin lock aws-neuronx-tools --apt-repo …",
        ("resolve.system_candidates:SystemCandidates._older_revision",),
    ),
    Rule.UNPINNED: RulePage(
        "Neuron SDK Installation and Update instructions",
        "The policy advises to pin the major version, because a new one may be incompatible. The "
        "requirement allows a major version that is not released yet. The major version is "
        "Neuron's own first number, with the framework's version before it: 2.9.0.2 of "
        "torch-neuronx 2.9.0.2.15.32035, 2 of neuronx-cc 2.27.5334.0. check says it of a range of "
        "the Neuron Helm chart, too.",
        "torch-neuronx==2.9.0.2.*",
        "aws-neuronx-tools=2.*",
        "aws-neuronx-tools-0:2.*",
        "neuron-pin check requirements.txt",
        (
            "audit.cluster_parts:check_chart",
            "audit.open_ranges:check_open_range",
            "audit.open_ranges:quote_range",
        ),
    ),
    Rule.OUTSIDE_LOCK: RulePage(
        "Neuron SDK Installation and Update instructions",
        "A transaction would install another version than the lock allows: another major version, "
        "or another version than the exact one. apt's pins are only a preference: NAME=3.* "
        "overrides them. The hooks of apt and dnf refuse the transaction; NEURON_PIN_ALLOW=NP306 "
        "allows one command, and is logged.",
        "pip and uv find no solution with the lock's constraints",
        _HOOK_REFUSES,
        f"{_PLUGIN_REFUSES}; the version lock hides other versions",
        "neuron-pin hook install apt --lock lock.json",
        (
            "audit.lock_drift:check_absent",
            "audit.lock_drift:check_lock_drift",
            "hooks.program.verdict:_judge_version",
        ),
    ),
    Rule.NEW_MAJOR: RulePage(
        "Neuron SDK Installation and Update instructions",
        "A new major version may be incompatible, which is why the policy advises to pin the "
        "major. The version is newer than every known release, and no release has its major: it "
        "is never chosen by itself. An exact version takes it, or a pin that no known version "
        "matches.",
        "neuronx-cc==3.*",
        "aws-neuronx-tools=3.*",
        "aws-neuronx-tools-0:3.*",
        "neuron-pin lock 'neuronx-cc==3.*'",
        ("resolve.newer_versions:NewerVersions.exclude", "resolve.rules:new_major"),
    ),
    Rule.UNTRUSTED_INDEX: RulePage(
        "PEP 708 and Neuron's installation guide",
        "A Neuron package is taken from Neuron's index only. PyPI has placeholders of the same "
        "names, which must never be chosen, whatever their version. check warns of files that "
        "name no index: pip would look for the package on PyPI. Any other named index counts as a "
        "mirror, and pip and uv settings of the machine that runs check count, too. Of a lock it "
        "reads from where each Neuron package was locked: PyPI is an error, an index that "
        "--neuron-index-url does not name a warning.",
        "an explicit index for the name (uv.toml), or the index order of pip.conf",
        "Pin: origin, and Signed-By of the source",
        "the repository's id and priority",
        "neuron-pin lock neuronx-cc",
        (
            "audit.recipe:_installation",
            "audit.index_settings:check_index",
            "audit.package_source:check_sources",
            "proxy.project_detail:_FileEvaluator.page",
            "proxy.project_detail:evaluate_project",
            "resolve.index_candidates:IndexCandidates._bound_candidates",
            "resolve.rules:untrusted_index",
        ),
    ),
    Rule.NO_WHEEL: RulePage(
        "PEP 427",
        "The index has only a source distribution of this version, whose requirements are known "
        "only after a build (PEP 643). With --build NAME its wheel for another target tells them, "
        "else a build, which runs the package's own code.",
        *_PIP,
        "neuron-pin lock NAME --build NAME",
        (
            "resolve.index_candidates:IndexCandidates._find_unusable",
            "resolve.rules:no_wheel",
        ),
    ),
    Rule.INVALID_FILE: RulePage(
        "PEP 440, PEP 427",
        "The index lists a version or file name that the standards do not allow, or a release "
        "lists one that pip does not take: PEP 440 has room for one number behind a mark in the "
        "minor.",
        *_PIP,
        "neuron-pin lock NAME -v",
        (
            "proxy.project_detail:_FileEvaluator.page",
            "resolve.index_candidates:IndexCandidates._invalid",
            "resolve.rules:not_pep440",
        ),
    ),
    Rule.QUARANTINED: RulePage(
        "PEP 792",
        "The index has quarantined the project as unsafe; nothing of it is installed.",
        *_PIP,
        "neuron-pin lock NAME",
        (
            "proxy.project_detail:_FileEvaluator.page",
            "resolve.index_candidates:IndexCandidates._judge",
        ),
    ),
    Rule.PLACEHOLDER: RulePage(
        "PEP 708 and Neuron's installation guide",
        "The distribution installed under the name of a Neuron package has no code, or states "
        "that it is a placeholder: it came from another index than Neuron's. A placeholder is "
        "recognized by its contents (METADATA, RECORD, its only module), not by its version. The "
        "finding gives the commands that lock the package and install it into that environment.",
        "imports fail, or do nothing",
        "",
        "",
        "neuron-pin check --venv .venv",
        ("audit.environment:_placeholders",),
    ),
    Rule.BAD_METADATA: RulePage(
        "PEP 427, core metadata, PEP 440",
        "An installed distribution's METADATA or RECORD is missing or cannot be read, or has a "
        "requirement that is not valid by PEP 440, such as libneuronxla (<3.0,>2.0.x): installers "
        "refuse the package, or silently ignore the requirement. A leftover of an interrupted pip "
        "(~euronx_cc-2.1.dist-info) is a warning: installers pass it over. Distributions that "
        "Debian or rpm installed have no RECORD, which is no finding.",
        "refused by newer installers, ignored by older",
        "",
        "",
        "neuron-pin check --venv .venv",
        ("audit.environment:_metadata", "audit.environment:_leftover"),
    ),
    Rule.FOREIGN_HOST: RulePage(
        "neuron-pin serve",
        "An index lists a file on a host that serve was not told about. serve does not fetch it, "
        "because no index may send it to other hosts. --file-host HOST allows one.",
        "not on the pages of serve",
        "",
        "",
        "neuron-pin serve --files cache --file-host files.example.com",
        ("proxy.files:Files._reachable",),
    ),
    Rule.MISTYPED: RulePage(
        "OWASP CICD-SEC-3, dependency chain abuse",
        "The name is one edit away from a Neuron package's: a letter more, a letter less, another "
        "letter, or two neighbors exchanged. Whoever owns such a name on a public index can have "
        "it installed by mistake. lock and explain do not look it up unless --index NAME=URL "
        "binds it to an index; check warns of it in files and in environments. Names of less than "
        "six letters are not compared.",
        "not looked up",
        "",
        "",
        "neuron-pin check requirements.txt",
        ("audit.names:check_names",),
    ),
    Rule.NOT_MEMBER: RulePage(
        "Neuron SDK",
        "Neuron packages work together when they come from one SDK release; this version is part "
        "of other releases. Choose the release with --sdk.",
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
            "resolve.release_candidates:_no_followers_alone",
            "resolve.release_candidates:_nothing_unneeded",
            "resolve.release_candidates:_one_framework_version",
            "resolve.resolution_builder:_not_chosen",
        ),
    ),
    Rule.NOT_A_PACKAGE: RulePage(
        "release manifest",
        "The release lists it, but it is not a package of pip, apt or rpm: it has its own "
        "installer. Or announcements name a product, as TorchNeuron, and no package has its "
        "name. Or a file that pip reads names a system package, which pip does not find.",
        "",
        "",
        "",
        "neuron-pin explain efa-installer",
        (
            "audit.names:check_names",
            "audit.requirements:_misplaced",
            "resolve.release_solve:_describe_absence",
            "resolve.rules:not_a_package",
        ),
    ),
    Rule.NO_VERSION: RulePage(
        "release manifest",
        "The release lists the name without a version. Or a Dockerfile or a file for a Kubernetes "
        "cluster names an image of Neuron, or its Helm chart, without a version or as latest, or a "
        "template an AMI by a pattern of several kinds: what runs changes with the day.",
        "",
        "",
        "",
        "neuron-pin explain efa-installer --sdk 2.20.0 -v",
        (
            "audit.cluster_parts:check_chart",
            "audit.cluster_parts:_without_version",
            "audit.images:report_without_version",
            "audit.machine_images:check_machine_image",
            "resolve.rules:no_version",
        ),
    ),
    Rule.RELEASE_LACKS: RulePage(
        "Neuron SDK",
        "A newer SDK release was tried and rejected, because it does not ship a requested package "
        "for this target.",
        *_ANY,
        "neuron-pin lock torch-neuronx --instance trn2 --format text",
        (
            "resolve.resolver:_exclude_unlisted",
            "resolve.resolver:_make_exclusion",
            "resolve.resolver:_older_roots",
            "resolve.resolver:_tell_given_up",
        ),
    ),
    Rule.DRIVER_WINDOW: RulePage(
        "release notes of the runtime library and the driver",
        "The release's runtime library and the host's driver (--with-driver) do not work "
        "together. Update the driver, or use the release that the lock names. check says it of the "
        "containers in a file for a Kubernetes cluster, by the release in an image's name, and of "
        "parts of the cluster that need a newer driver; it takes the driver of --with-driver, "
        "--host or a lock.",
        *_ANY,
        "neuron-pin lock --instance trn1 --python 3.11 --with-driver 2.26.5.0 --format text",
        (
            "audit.host:_driver",
            "audit.installed_list:check_installed",
            "audit.node_driver:NodeDriver.check_locked",
            "audit.node_driver:NodeDriver.check_part",
            "audit.node_driver:NodeDriver.check_release",
            "fleet.lock_fit:_find_blockers",
            "hooks.program.verdict:_find_driver_clash",
            "resolve.resolver:_driver_clash",
        ),
    ),
    Rule.MIXED_RELEASES: RulePage(
        "Neuron SDK",
        "Neuron packages work together when they come from one SDK release, but no release ships "
        "all of these versions. The device plugin and the scheduler extension of a cluster come "
        "from one release, or one Helm chart, too.",
        "make one lock for all of them: neuron-pin lock",
        "make one lock for all of them: neuron-pin lock",
        "make one lock for all of them: neuron-pin lock",
        "neuron-pin check --venv .venv",
        (
            "audit.cluster_parts:_check_together",
            "audit.mixtures:_left",
            "audit.mixtures:_replaced_image",
            "audit.mixtures:check_mixtures",
            "hooks.program.verdict:_find_mixed",
        ),
    ),
    Rule.UNKNOWN_VERSION: RulePage(
        "release manifest",
        "No release in the catalog ships this version, although it is older than the newest that "
        "the catalog knows: a pre-release, an incomplete version (torch-neuronx==2.9 instead of "
        "==2.9.*), or not from Neuron. A newer one is NP510. Or no public list of images has "
        "a tag, or a repository of the vendor's registry, though they have others like it.",
        "perhaps a decoy from another index",
        "",
        "",
        "neuron-pin check --venv .venv",
        (
            "audit.images:_check_name",
            "audit.images:_report_unlisted",
            "audit.machine_images:check_machine_image",
            "audit.unshipped:report_unshipped_range",
            "audit.unshipped:report_unshipped_version",
            "hooks.program.verdict:_judge_version",
        ),
    ),
    Rule.ENVIRONMENT: RulePage(
        "release notes of the component; Requires-Dist of its wheels",
        "Two packages need versions of a third that do not meet: from SDK 2.30.0 on jax-neuronx "
        "needs libneuronxla 3.*, and torch-neuronx needs one below 3. Each gets an environment of "
        "its own. Or two do not go together at all: nrtpy and nki of SDK 2.32.0 have one "
        "namespace. A lock of a whole release is the environment of PyTorch, has nki without "
        "nrtpy, and says which command locks what it excludes. check reports both packages in one "
        "environment, and either of them "
        "beside a version of the third that it does not work with.",
        "pip finds no solution, or imports fail",
        "",
        "",
        "neuron-pin check --venv .venv",
        (
            "audit.companions:_find",
            "resolve.one_environment:_exclude",
        ),
    ),
    Rule.NEWER_THAN_FACTS: RulePage(
        "the day of the facts (neuron-pin catalog show)",
        "The facts end on a day, and this is newer than the newest of its kind that they know: an "
        "operating system, a Python, a kernel, a driver, a release, or a version of a package. "
        "What came after that day is unknown, which is not wrong: this is a warning, and never "
        "an error. Not known are its phase, its release, and what it works with; ranges that name "
        "it, markers, tags and Requires-Python still apply. neuron-pin catalog update fetches "
        "newer facts. A lock takes a newer version of a package where it is asked for: by an exact "
        "version, by a range that nothing known meets, or with --newer-than-facts allow; it is "
        "then of an inferred release, such as 2.32.0+. --newer-than-facts refuse excludes it. "
        "check and lock say so, too, of packages that are called as only Neuron's are "
        "(aws-neuronx-…, neuronx as a word) and that the facts do not have.",
        "no release lists packages for a newer Python: the wheels of an index decide",
        "system packages of the newest known release, for any newer operating system",
        "system packages of the newest known release, for any newer operating system",
        "neuron-pin check requirements.txt",
        (
            "audit.machine_images:check_machine_image",
            "audit.newer:_newer",
            "audit.newer:report_newer_range",
            "audit.newer:report_newer_version",
            "catalog.newness:tell_newer",
            "catalog.newness:tell_newer_versions",
            "resolve.never_shipped:describe_never_shipped",
            "resolve.beyond:Beyond.describe_missing",
            "resolve.beyond:Beyond.describe_newer",
            "resolve.newer_versions:NewerVersions.exclude",
            "resolve.unknown_packages:describe_unknown_packages",
        ),
    ),
    Rule.ANOTHER_BACKEND: RulePage(
        "release notes of TorchNeuron; announcement of the transition to native PyTorch",
        "One name stands for different software: torch-neuronx up to 2.9 is PyTorch/XLA, and from "
        "2.13 on the native backend TorchNeuron, whose version 2.14.3.0 is for PyTorch 2.14.0 and "
        "which takes torch from PyTorch's own index. A range should allow one of them. Packages "
        "that work with PyTorch/XLA alone, such as torch-xla and neuronx-distributed, do not go "
        "beside the native one.",
        "pip takes the highest version that the range allows, whichever backend that is",
        "",
        "",
        "neuron-pin explain torch-neuronx --instance trn2",
        (
            "audit.backends:_clash",
            "audit.backends:_cross",
            "operations.diff:_tell_backend",
            "report.explain:render_explanation",
            "resolve.backends:describe_changes",
            "resolve.backends:refuse_other_companions",
            "resolve.one_environment:_exclude",
        ),
    ),
    Rule.KNOWN_IN_PART: RulePage(
        "release notes; the release's package list and the table of components",
        "The release is newer than the release manifest that the catalog is made from. Its date is "
        "public, and those of its versions that two public pages agree on, but not everything that "
        "belongs together: it is never chosen, and a version that only such a release ships is "
        "told as one. neuron-pin catalog update, or catalog import with the release's manifest, "
        "completes it.",
        "a lock takes the newest release that is known in full",
        "a lock takes the newest release that is known in full",
        "a lock takes the newest release that is known in full",
        "neuron-pin explain neuronx-cc==2.28.7631.0 --instance trn1 --as-of 2026-11-28",
        (
            "audit.known_parts:find_in_part",
            "audit.newer:check_newer_release",
            "resolve.explain:_judge_parts",
            "resolve.never_shipped:describe_never_shipped",
            "resolve.resolver:_exclude_unlisted",
            "resolve.resolver:list_releases",
        ),
    ),
    Rule.COMPILED_MODEL: RulePage(
        "Major release; Minor release; the runtime's and the compiler's release notes and FAQ",
        "A model is compiled by one version of neuronx-cc and runs on aws-neuronx-runtime-lib. "
        "check --neff-compiler names the compiler, and this rule reports a runtime library of an "
        "earlier release than it, of another major version, or of which a page states that it does "
        "not run such models: an error. Minor releases are backward compatible, so a later runtime "
        "library of the same major version runs the model. A version that the facts cannot place "
        "among the releases is a warning: nothing is stated of it. Update the runtime library, or "
        "compile the model again with the compiler of its release.",
        "",
        "check reports it; locks do not know the models",
        "check reports it; locks do not know the models",
        "neuron-pin check lock.json --neff-compiler 2.27.5334.0",
        ("audit.neff:check_neff",),
    ),
    Rule.DRIVER_KEPT: RulePage(
        "--with-driver",
        "The driver is installed already and is not changed; no other is chosen.",
        *_SYSTEM,
        "neuron-pin explain aws-neuronx-dkms --with-driver 2.27.4.0",
        (
            "fleet.lock_fit:_find_blockers",
            "resolve.rules:driver",
        ),
    ),
    Rule.APT_SOURCE: RulePage(
        "sources.list(5)",
        "The Neuron repository is not configured, is configured twice or for another release of "
        "the operating system, or its file cannot be read by apt; or a source has Include or "
        "Exclude, and this apt ignores it (before 3.1), or finds no package by what is in it.",
        "",
        "no candidate, or that of another release",
        "",
        "neuron-pin doctor",
        (
            "audit.repositories:_duplicates",
            "audit.repositories:_missing_source",
            "audit.repositories:_name_filters",
            "audit.repositories:_suite",
            "audit.repositories:check_apt",
        ),
    ),
    Rule.APT_KEY: RulePage(
        "sources.list(5), Signed-By",
        "The repository's key is missing, expired or about to expire, or signatures are not "
        "checked. When a key expires apt keeps the old lists, and only prints a warning. Or sqv, "
        "by which apt of Debian 13 and later verifies, refuses the key: its algorithm, or the "
        "digest of its signature on itself.",
        "",
        "apt-get update warns and keeps old lists",
        "",
        "neuron-pin doctor",
        ("audit.key_policy:check_key_policy", "audit.repositories:_trust"),
    ),
    Rule.APT_LISTS: RulePage(
        "apt-get(8), update",
        "The machine has no package lists of the repository, or lists that are old or no longer "
        "valid. Images are not checked: they are built without lists.",
        "",
        "old versions are candidates",
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
        "Another repository of the machine offers a package with the name of a Neuron package. "
        "Without pins apt chooses the highest version, wherever it comes from.",
        "",
        "the highest version wins, from any source",
        "",
        "neuron-pin doctor",
        ("audit.repositories:_decoys",),
    ),
    Rule.APT_PREFERENCES: RulePage(
        "apt_preferences(5)",
        "A preferences file makes every apt command fail, or is silently ignored: a file name "
        "that apt does not read, a comma between names, a missing empty line.",
        "",
        "the pin has no effect",
        "",
        "neuron-pin doctor",
        ("audit.repositories:_preferences",),
    ),
    Rule.PIN_OVERRIDDEN: RulePage(
        "apt_preferences(5)",
        "Of all stanzas that match a version apt obeys the first: /etc/apt/preferences is read "
        "before preferences.d, and there files are read in the order of their names. A stanza "
        "before neuron-pin's decides.",
        "",
        "another file's stanza decides",
        "",
        "neuron-pin explain aws-neuronx-tools --host",
        (
            "audit.apt_view:check_pins",
            "fleet.lock_fit:_find_pinned",
        ),
    ),
    Rule.OUTSIDE_PIN: RulePage(
        "apt_preferences(5)",
        "The installed version does not match its pin: it was installed explicitly, or before the "
        "pin. apt keeps it, and prints nothing. Or the package is of another architecture than the "
        "machine, which no pin of its name alone binds.",
        "",
        "apt keeps what is installed",
        "",
        "neuron-pin explain NAME --host",
        ("audit.apt_view:_find_foreign", "audit.apt_view:check_pins"),
    ),
    Rule.HELD: RulePage(
        "apt-mark(8)",
        "A package on hold is not upgraded, whatever its pin.",
        "",
        "apt-mark showhold lists it",
        "",
        "neuron-pin explain NAME --host",
        (
            "audit.apt_view:check_pins",
            "fleet.lock_fit:_find_blockers",
        ),
    ),
    Rule.NOT_LOADED: RulePage(
        "modprobe(8)",
        "The kernel still runs the module from before the upgrade, and the running module is what "
        "counts. Reload it while nothing uses the devices, or reboot.",
        "",
        "upgrades the file, not the running module",
        "the same",
        "neuron-pin check --host",
        ("audit.host:_driver",),
    ),
    Rule.UNREADABLE: RulePage(
        "check",
        "A part of the input cannot be read: it is damaged, cut off, too large, or of an unknown "
        "format; or a command that names a Neuron package is not understood. The rest was "
        "checked. With --strict everything that was not read is an error. A kernel or a loaded "
        "driver whose version is not numbers (2.x.7693.0) is compared with nothing, and named.",
        *_UNCHECKED,
        "neuron-pin check --image image.tar",
        (
            "audit.host:report_unreadable",
            "audit.newer:_unreadable",
            "audit.unread:find_unread",
            "audit.unread:report_unreadable_input",
            "fleet.lock_fit:_find_unknown",
        ),
    ),
    Rule.IGNORE: RulePage(
        "check",
        "A comment neuron-pin: ignore[RULE] needs a reason, and has an effect until its date: # "
        "neuron-pin: ignore[NP305] updated with the image; until 2027-01-31",
        *_REPORTED,
        "neuron-pin check requirements.txt",
        ("audit.suppression:drop_ignored",),
    ),
    Rule.HOOK: RulePage(
        "doctor",
        "A part of the hook of apt or dnf is missing, damaged, edited by hand, of another version "
        "of neuron-pin, or never called. apt and dnf go on without a verdict, or refuse every "
        "Neuron package, as --on-error says. Install the hook again.",
        "",
        "the lock is not enforced",
        "",
        "neuron-pin hook status",
        ("hooks.status:check_hooks",),
    ),
    Rule.NOT_CONFIGURED: RulePage(
        "dpkg(1)",
        "dpkg began to install or to configure the package and did not finish: a script of it "
        "failed, such as the build of the driver, a dependency is missing, or the run was cut "
        "off. What it installs may be missing or old. The finding has the command that finishes "
        "it.",
        "",
        "apt-get configures it before anything else, or stops",
        "",
        "neuron-pin check --host",
        (
            "audit.dpkg_states:check_listed_state",
            "audit.dpkg_states:check_states",
            "fleet.lock_fit:_find_blockers",
        ),
    ),
    Rule.OVERRIDDEN_FILE: RulePage(
        "dpkg-divert(1), dpkg(1)",
        "A file that neuron-pin wrote for apt was edited by hand, is diverted to a name that apt "
        "does not read, or belongs to a package whose upgrade asks about it or replaces it. apt "
        "obeys the file as it is now, not the lock.",
        "",
        "obeys the file as it is",
        "",
        "neuron-pin doctor",
        (
            "hooks.own_files:_conffiles",
            "hooks.own_files:_diverted",
            "hooks.own_files:check_own_files",
        ),
    ),
    Rule.TWO_ARCHIVES: RulePage(
        "apt_preferences(5), apt-get(8)",
        "Two archives of a machine have the same version as two files. apt-get install "
        "NAME=VERSION takes the file of the archive that apt reads first, whatever its "
        "priority; the name alone takes the file of the archive that the pins prefer. Before "
        "2.7.3 apt takes files of equal size and relations for one, and downloads the first. "
        "The hook compares a file with the lock where the lock has its SHA-256.",
        "",
        "NAME=VERSION takes the first source's file",
        "",
        "neuron-pin doctor",
        (
            "audit.apt_view:_find_shadowed",
            "audit.other_archives:warn_of_other_archives",
            "planner.shared_archives:warn_of_shared",
            "planner.shared_archives:warn_of_way_back",
        ),
    ),
    Rule.PHASED: RulePage(
        "apt_preferences(5), Phased-Update-Percentage",
        "An archive has an update for a share of the machines only. apt upgrade defers it on the "
        "others, whatever the priority of a pin; apt-get install NAME does not, and "
        "APT::Get::Always-Include-Phased-Updates ends it for all packages of a machine.",
        "",
        "upgrade may keep the installed version",
        "",
        "neuron-pin doctor",
        ("audit.apt_view:_find_phased",),
    ),
    Rule.CLUSTER_PARTS: RulePage(
        "Neuron Dynamic Resource Allocation (DRA)",
        "The values of the Helm chart switch on two parts of which only one may run on a node: the "
        "Neuron DRA driver takes the place of the device plugin and of the scheduler extension. "
        "The two allocate devices without knowing of each other.",
        "",
        "",
        "",
        "neuron-pin check values.yaml",
        ("audit.cluster_parts:_check_switches",),
    ),
    Rule.OLDER_IMAGE: RulePage(
        "Neuron DLAMIs and DLCs Updates",
        "An image is never updated: what is fixed comes with a newer image of the line. There is "
        "one, and a file names an older one. The finding says which image is the newest of the "
        "line, and which is the newest with the same framework version. neuron-pin diff OLD NEW "
        "says what changes between two.",
        "installs into what the image has",
        "",
        "",
        "neuron-pin check Dockerfile",
        ("audit.images:_check_newest", "audit.machine_images:_check_newest"),
    ),
    Rule.SHORT_NOTICE: RulePage(
        "Maintenance Announcement, End of Support Announcement",
        "The first announcement of a change was less than a calendar month before it, or after "
        "it. Announcements from before the policy promised a month are not checked.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint.notice",),
    ),
    Rule.PHASE_OF_KIND: RulePage(
        "Neuron Software Life-cycle",
        "Only the SDK and components have release candidates; dependencies, DLAMIs, DLCs, "
        "features and APIs have no Maintenance phase; only features and APIs have an Alpha phase.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint.phases", "audit.model_lint:lint_model_classes"),
    ),
    Rule.UNANNOUNCED: RulePage(
        "End of Support Announcement",
        "Support ended without an earlier announcement: the only notice is the one that it has "
        "ended.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint.notice",),
    ),
    Rule.SIX_MONTHS: RulePage(
        "Neuron Extension Components Updates",
        "An earlier framework version gets regular updates for at least six months after a newer "
        "one is supported; this one left the Stable phase, or was shipped for the last time, "
        "before that.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint.six_months",),
    ),
    Rule.MANIFEST_DISAGREES: RulePage(
        "release manifest; announcements",
        "A release ships or supports something after its announced end, or dropped something "
        "without an announced end.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint._shipped_or_dropped",),
    ),
    Rule.VERSIONING: RulePage(
        "Neuron Software Versioning",
        "Versions of extensions have the form X.Y.Z.A.B.C, those of standalone components "
        "A.B.C.D; a later release never has a lower version.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.version_lint:lint_marks", "audit.version_lint:lint_versions"),
    ),
    Rule.EVENTS_DISAGREE: RulePage(
        "Announcements",
        "A later announcement withdraws an earlier one, moves its date, or returns a subject to "
        "an earlier phase.",
        "",
        "",
        "",
        "neuron-pin catalog lint",
        ("audit.catalog_lint:_Lint.contradictions", "audit.catalog_lint:_Lint.statements"),
    ),
    Rule.BAD_FACT: RulePage(
        "catalog",
        "An entry names a release or an instance family that does not exist, takes effect before "
        "the release that it names, or a package is replaced by itself, by way of others; or no "
        "release lists an instance family; or a release lacks what evidence says it shipped, or "
        "what its packages require where it lists them.",
        "",
        "",
        "",
        "neuron-pin catalog lint DIR",
        (
            "audit.catalog_lint:_Lint.completeness",
            "audit.catalog_lint:_Lint.families",
            "audit.catalog_lint:_Lint.impossible",
            "audit.catalog_lint:_Lint.replacements",
            "audit.known_parts:lint_parts",
            "audit.model_lint:lint_model_classes",
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
