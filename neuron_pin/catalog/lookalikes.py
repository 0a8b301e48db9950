"""Names that are easily taken for others: mistyped Neuron packages, products that are no
packages, and what a framework is called elsewhere.

Source: the attack is typosquatting, OWASP CICD-SEC-3; the distance is that of Damerau and
Levenshtein, 1: one letter more, less, another, or two neighbors exchanged.
"""

from __future__ import annotations

from neuron_pin.errors import UnknownName, WrongUsage, nearest

from .catalog import Catalog
from .facts import ComponentKind, Product
from .names import canonicalize_name

MIN_LENGTH = 6
"""Letters of a Neuron package's name below which other packages are called nearly the same."""

_CLOSE = 0.85
"""How alike a name that does not speak of Neuron has to be (difflib's ratio) to be a guess."""


def find_mistyped(name: str, catalog: Catalog) -> tuple[str, ...]:
    """The Neuron packages that a name, normalized, is one edit away from, likeliest first; empty
    for a name that is known itself."""
    if name in catalog.packages or name in catalog.products:
        return ()
    found = [
        other
        for other in catalog.packages
        if len(other) >= MIN_LENGTH
        and is_one_edit(name, other)
        and catalog.packages[other].kind.is_component
    ]
    # A hyphen is forgotten sooner than a letter.
    letters = name.replace("-", "")
    return tuple(sorted(found, key=lambda other: other.replace("-", "") != letters))


def find_intended(name: str, catalog: Catalog) -> tuple[str, ...]:
    """The packages that a name that the catalog lacks may be meant for, best first: one that is
    one edit away, the framework of that name, else what is spelled alike."""
    if name in catalog.packages or name in catalog.products:
        return ()
    found = find_mistyped(name, catalog)
    if not found:
        found = tuple(
            other
            for other, package in catalog.packages.items()
            if package.kind is ComponentKind.DEPENDENCY
            and (canonicalize_name(package.title) == name or is_one_edit(name, other))
        )
        # torch and torch-xla are both of PyTorch: the shorter name is the framework's.
        found = tuple(sorted(found, key=len))[:1]
    if found:
        return found
    return nearest(name, catalog.packages, cutoff=0.6 if "neuron" in name else _CLOSE)


def refuse_unknown(name: str, origin: str, catalog: Catalog) -> None:
    """Raise for a name that nobody should fetch: `WrongUsage` for a product that is no package,
    `UnknownName` for one that is one edit away from a Neuron package."""
    product = catalog.products.get(name)
    if product is not None:
        raise WrongUsage(
            f"{origin}: {product.name} is a product, not a package",
            hint=describe_product(product, catalog),
        )
    if find_mistyped(name, catalog):
        raise UnknownName(
            "package",
            name,
            find_mistyped(name, catalog),
            where=origin,
            hint="a name so close to a Neuron package's is not looked up; if it is meant, bind it "
            f"to its index with --index {name}=URL",
        )


def describe_product(product: Product, catalog: Catalog) -> str:
    """What is known of a product, and which packages there are in its place."""
    if product.requirement:
        where = f" for {', '.join(sorted(product.instances))}" if product.instances else ""
        return (
            f"{product.name} is {product.text} [{product.source}]; it is installed as "
            f"{product.requirement}{where}, from SDK {product.sdk} on. neuron-pin explain "
            f"{product.follows} shows which version is what"
        )
    newest = next(release for release in catalog.releases if release.is_final)
    followed = catalog.spans.packages.get(product.follows)
    # What is for other families alone does not follow it.
    families = set(followed.instances.split()) if followed is not None else None
    leaders: dict[str, set[str]] = {}
    for member in catalog.members(newest.sdk):
        if catalog.packages[member.package].framework == product.framework:
            if catalog.packages[member.package].kind is ComponentKind.EXTENSION:
                leaders.setdefault(member.package, set()).update(member.instances)
    packages = "; ".join(
        f"{name} ({', '.join(sorted(instances))})"
        for name, instances in sorted(leaders.items())
        if families is None or families & instances
    )
    return (
        f"{product.name} is {product.text} [{product.source}]; SDK {newest.sdk} lists no package "
        f"of that name. Its packages of the same framework: {packages or 'none'}. "
        f"neuron-pin lifecycle {product.follows} shows the announcements"
    )


def is_one_edit(left: str, right: str) -> bool:
    """Whether two different names are one insertion, deletion, substitution or exchange of
    neighbors apart."""
    if left == right or abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    a, b = left[start:], right[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[1::-1] == b[:2] and a[2:] == b[2:])
