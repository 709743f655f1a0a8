"""What a pull that changes rules would change, and whether it loosens them (DESIGN §3). Pure.

The rules it is judged by are those of before, so none of this has an effect until it is merged.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from bot.domain.config import Config, Deployers, DeployMode, DriftMode, Environment, PruneMode, Window
from bot.domain.pulls import Role
from bot.domain.subjects import Target

_MODES = (DeployMode.NEVER, DeployMode.ON_COMMAND, DeployMode.ON_MERGE)
_PRUNES = (PruneMode.NEVER, PruneMode.APPROVED, PruneMode.ALWAYS)


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that differs. `where` is an environment, a target (`prod/web`) or empty; sides as people write them."""

    where: str
    key: str
    before: str
    after: str
    loosens: bool = False


def rule_changes(before: Config, after: Config) -> tuple[RuleChange, ...]:
    """Every rule that merging would change, sorted by place. Both configs carry their own rules, patterns expanded."""
    found = [*_commands(before, after)]
    for name in sorted({*before.environments, *after.environments}):
        found += _environment(name, before.environments.get(name), after.environments.get(name))
    for target in after.targets():
        if target.environment in before.environments:
            found += _target(target, before, after)
    return tuple(found)


def without_effect(config: Config) -> tuple[tuple[str, str], ...]:
    """Rules that are read and change nothing in this version, each as environment or target and what stands there."""
    found: dict[tuple[str, str], None] = {}
    named = [(name, each) for name, each in sorted(config.environments.items())]
    named += [(str(target), config.environment(target)) for target in config.targets()]
    for where, each in named:
        general = config.environments[where.partition("/")[0]]
        if each.drift is not DriftMode.REPORT and (where == each.name or each.drift != general.drift):
            found[where, f"drift: {each.drift.value}"] = None
    return tuple(found)


def _commands(before: Config, after: Config) -> Iterator[RuleChange]:
    for key in ("prefix", "short"):
        old, new = getattr(before.commands, key), getattr(after.commands, key)
        if old != new:
            yield RuleChange("", f"commands.{key}", _written(old), _written(new))


def _environment(name: str, before: Environment | None, after: Environment | None) -> Iterator[RuleChange]:
    if before is None or after is None:
        old, new = (f"cluster {each.cluster}" if each else "none" for each in (before, after))
        yield RuleChange(name, "environment", old, new)
    else:
        yield from _rules(name, before, after)


def _target(target: Target, before: Config, after: Config) -> Iterator[RuleChange]:
    """What differs for one app beyond what differs for its environment."""
    known = before.names(target)
    general = before.environments[target.environment]
    old = before.environment(target) if known else general
    shared = {(each.key, each.before, each.after) for each in _rules("", general, after.environments[general.name])}
    for change in _rules(str(target), old, after.environment(target)):
        if (change.key, change.before, change.after) not in shared:
            yield change
    had = before.app(target).takeover_from if known else ()
    has = after.app(target).takeover_from
    if had != has:
        added = bool({*has} - {*had})
        yield RuleChange(str(target), "takeover", _written(had), _written(has), added)


def _rules(where: str, before: Environment, after: Environment) -> Iterator[RuleChange]:
    for each in fields(Environment):
        old, new = getattr(before, each.name), getattr(after, each.name)
        if each.name not in ("name", "line", "url") and old != new:
            loosens = _LOOSENS.get(each.name, lambda *_: False)(old, new)
            yield RuleChange(where, each.name, _written(old), _written(new), loosens)


def _wider(before: Deployers, after: Deployers) -> bool:
    roles = list(Role)
    ranks = [len(roles) if each.permission is None else roles.index(each.permission) for each in (before, after)]
    added = {*after.teams} - {*before.teams} or {*after.users} - {*before.users}
    return ranks[1] < ranks[0] or bool(added)


def _more_time(before: Sequence[Window], after: Sequence[Window]) -> bool:
    """Whether deploying may now be allowed at more times: a denial fewer, or an allowance more. None at all is most."""
    gone, new = {*before} - {*after}, {*after} - {*before}
    allowed, allows = (any(each.allow for each in side) for side in (before, after))
    fewer = any(not each.allow for each in gone) or (allowed and not allows)
    return fewer or (allowed and any(each.allow for each in new))


_LOOSENS: dict[str, Callable[[Any, Any], bool]] = {
    "after": lambda old, new: bool({*old} - {*new}),
    "approvals": lambda old, new: new < old,
    "confirm_over": lambda old, new: new > old,
    "deploy": lambda old, new: _MODES.index(new) > _MODES.index(old),
    "deployers": _wider,
    "prune": lambda old, new: _PRUNES.index(new) > _PRUNES.index(old),
    "windows": _more_time,
}


def _written(value: object) -> str:
    if isinstance(value, Deployers):
        named = (("permission", value.permission), ("teams", value.teams), ("users", value.users))
        return "{" + ", ".join(f"{key}: {_written(each)}" for key, each in named if each) + "}"
    if isinstance(value, Window):
        return f"{'allow' if value.allow else 'deny'} {value.cron} for {value.seconds / 3600:g}h in {value.zone}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
