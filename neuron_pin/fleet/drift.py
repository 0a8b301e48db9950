"""What changed on hosts since their earlier facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from neuron_pin.record import NamedTuple

from .host_facts import HostFacts, HostState


class Change(NamedTuple):
    """A change of hosts: what, from which value to which; empty for none."""

    what: str
    before: str
    after: str


NEW_HOST, GONE_HOST = Change("host", "", "new"), Change("host", "known", "")
UNREAD_BEFORE = Change("host", "", "not compared: earlier facts could not be read")
UNREAD_AFTER = Change("host", "", "not compared: facts could not be read")
LEFT_OUT = "not compared: a summary leaves some out"


def find_changes(
    before: Mapping[str, HostFacts], after: Mapping[str, HostFacts], unread: Set[str] = frozenset()
) -> dict[Change, list[str]]:
    """The changes and the hosts that each was made on, by name.  ``unread`` are hosts whose facts
    may be among those that could not be read on the side that has none of them: nobody knows
    whether they are new or gone."""
    found: dict[Change, list[str]] = {}
    known: dict[tuple[int, int], tuple[Change, ...]] = {}
    for name in sorted(before.keys() | after.keys()):
        if name not in before or name not in after:
            kinds = (NEW_HOST, UNREAD_BEFORE) if name in after else (GONE_HOST, UNREAD_AFTER)
            found.setdefault(kinds[name in unread], []).append(name)
            continue
        old, new = before[name].state, after[name].state
        if old is new:
            continue
        key = (id(old), id(new))
        if key not in known:
            known[key] = tuple(dict.fromkeys(_compare(old, new)))
        for change in known[key]:
            found.setdefault(change, []).append(name)
    return dict(sorted(found.items(), key=lambda row: (-len(row[1]), row[0])))


def _compare(old: HostState, new: HostState) -> Iterator[Change]:
    for what, before, after in (
        ("instance family", old.instance, new.instance),
        ("operating system", old.os, new.os),
        ("kernel", old.kernel, new.kernel),
        ("loaded driver", old.loaded_driver, new.loaded_driver),
        ("Python", ", ".join(old.pythons), ", ".join(new.pythons)),
        ("lock", _name_lock(old), _name_lock(new)),
    ):
        if before != after:
            yield Change(what, before, after)
    left_out = _list_left_out(old, new)
    if left_out:
        yield Change(" and ".join(left_out), "", LEFT_OUT)
    if "packages" not in left_out:
        yield from _compare_rows(
            "package",
            {p.name: p.version for p in old.packages},
            {p.name: p.version for p in new.packages},
        )
        held_before = {p.name: "on hold" for p in old.packages if p.is_held}
        yield from _compare_rows(
            "hold", held_before, {p.name: "on hold" for p in new.packages if p.is_held}
        )
    yield from _compare_rows(
        "hook",
        {hook.kind: hook.sdk or hook.pins[:12] for hook in old.hooks},
        {hook.kind: hook.sdk or hook.pins[:12] for hook in new.hooks},
    )
    if "environments" not in left_out:
        yield from _compare_rows("package", _in_environments(old), _in_environments(new))
    if old.findings is not None and new.findings is not None:
        rules = {rule: "" for rule, _ in (*(old.rules or ()), *(new.rules or ()))}
        counts = dict(old.rules or ()), dict(new.rules or ())
        for rule in sorted(rules):
            had, has = counts[0].get(rule, 0), counts[1].get(rule, 0)
            if bool(had) != bool(has):
                yield Change(f"findings of {rule}", str(had), str(has))


def _list_left_out(old: HostState, new: HostState) -> list[str]:
    """What one of two states has only in part."""
    counts = old.left_out, new.left_out
    found = ["packages"] if any(count.packages for count in counts) else []
    # Of an environment a summary has the Neuron packages, and full facts have every one.
    if old.gather != new.gather or any(count.environments for count in counts):
        found.append("environments")
    return found


def _name_lock(state: HostState) -> str:
    return state.lock.sha256[:12] if state.lock is not None else ""


def _in_environments(state: HostState) -> dict[str, str]:
    return {
        f"{name} in {path}": version
        for found in state.environments
        for path in found.paths
        for name, version in found.packages
    }


def _compare_rows(
    what: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            yield Change(f"{what} {name}", old, new)
