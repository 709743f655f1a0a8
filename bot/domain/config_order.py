"""What must hold across the apps and environments of a config: names stand once, order has no circle and an end.

Each check answers with the mistakes it found. Overrides are applied; patterns count once they have been expanded.
"""

import difflib
from collections.abc import Iterator
from typing import cast

from bot.domain.config import Config, DeployMode
from bot.domain.errors import UserMistake
from bot.domain.subjects import Target


def note_all(config: Config, file: str, *, merged: bool = False) -> list[UserMistake]:
    """Everything below, for a config whose values were all understood. One that is merged already may have circles: who
    is on one or behind it waits, and nobody else."""
    checks = (note_names, note_needs, note_never, *(() if merged else (note_cycles,)))
    return [mistake for check in checks for mistake in check(config, file)]


def note_names(config: Config, file: str) -> list[UserMistake]:
    """A name stands once among apps, `was` and `retired`: each is one inventory."""
    found = []
    taken = dict.fromkeys(config.apps, "an app")
    for app in config.apps.values():
        if app.was and app.was in taken:
            message = f"{app.name} `was: {app.was}`, but {app.was} is {taken[app.was]}"
            found.append(UserMistake(message, "a name can stand once only", file=file, line=app.line))
        elif app.was:
            taken[app.was] = f"what {app.name} was"
    for name in config.retired:
        if name in taken:
            message = f"{name} is retired, but it is {taken[name]} as well"
            found.append(UserMistake(message, "a name can stand once only", file=file))
    return found


def note_needs(config: Config, file: str) -> list[UserMistake]:
    """`needs` names apps that exist. While there are patterns nobody knows which ones do."""
    found = []
    for app in config.apps.values() if config.expanded or not config.patterns else ():
        for need in sorted(
            {need for environment in app.environments for need in _needs(config, environment, app.name)}
        ):
            if need not in config.apps:
                close = difflib.get_close_matches(need, config.apps, n=1, cutoff=0.6)
                remedy = f"did you mean {close[0]}?" if close else "name an app of this file"
                message = f"{app.name} needs {need!r}, which is no app"
                found.append(UserMistake(message, remedy, file=file, line=app.line))
    return found


def note_never(config: Config, file: str) -> list[UserMistake]:
    """`after` names no environment that never deploys: whoever waited for it would wait forever."""
    found = []
    remedy = "remove it from `after`, or let it deploy"
    for environment in config.environments.values():
        for name in environment.after:
            if config.environments[name].deploy is DeployMode.NEVER:
                message = f"{environment.name} comes after {name}, which has `deploy: never`"
                found.append(UserMistake(message, remedy, file=file, line=environment.line))
    for target in () if found else config.targets():
        for before in _after(config, target):
            if _environment(config, before).get("deploy") is DeployMode.NEVER:
                message = f"{target} comes after {before}, which has `deploy: never`"
                found.append(UserMistake(message, remedy, file=file, line=config.apps[target.app].line))
    return found


def note_cycles(config: Config, file: str) -> list[UserMistake]:
    """The graph of targets has no circle. The first one found is named with its path."""
    circle = _circle_of_targets(config)
    if not circle:
        return []
    shown = circle if len(circle) <= 12 else [*circle[:10], "…", circle[-1]]
    message = f"these wait for each other: {' → '.join(shown)}"
    line = config.apps[Target.parse(circle[0]).app].line
    return [UserMistake(message, "remove one `needs` or `after` of them", file=file, line=line)]


def _circle_of_targets(config: Config) -> list[str]:
    graph: dict[str, list[str]] = {}
    for target in config.targets():
        needs = [Target(target.environment, need) for need in _needs(config, target.environment, target.app)]
        there = [need for need in needs if need.app in config.apps and _in(config, need)]
        graph[str(target)] = [str(before) for before in [*there, *_after(config, target)]]
    return _circle(graph)


def _circle(graph: dict[str, list[str]]) -> list[str]:
    """A path that ends where it began, or nothing. Depth first without recursion: the graph is the user's own."""
    done: set[str] = set()
    for start in graph:
        path: dict[str, Iterator[str]] = {} if start in done else {start: iter(graph[start])}
        while path:
            here = next(reversed(path))
            for following in path[here]:
                if following in path:
                    names = list(path)
                    return [*names[names.index(following) :], following]
                if following not in done:
                    path[following] = iter(graph[following])
                    break
            else:
                done.add(here)
                del path[here]
    return []


def _in(config: Config, target: Target) -> bool:
    return target.environment in config.apps[target.app].environments


def _needs(config: Config, environment: str, app: str) -> tuple[str, ...]:
    override = config.apps[app].overrides.get(environment)
    changed = dict(override.app) if override else {}
    return cast(tuple[str, ...], changed.get("needs", config.apps[app].needs))


def _environment(config: Config, target: Target) -> dict[str, object]:
    """The order's fields of a target's environment. `Config.environment` would build all of it for every target."""
    environment = config.environments[target.environment]
    override = config.apps[target.app].overrides.get(target.environment)
    return {"after": environment.after, "deploy": environment.deploy, **dict(override.environment if override else ())}


def _after(config: Config, target: Target) -> list[Target]:
    """The targets that one comes after, as far as the app is there."""
    names = cast(tuple[str, ...], _environment(config, target)["after"])
    return [before for before in (Target(name, target.app) for name in names) if _in(config, before)]
