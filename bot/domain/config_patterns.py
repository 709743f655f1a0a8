"""Patterns: apps that a config names by the shape of their folders, matched against the folders of a tree."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.config import CONFIG_FILE, App, Config
from bot.domain.config_order import note_all
from bot.domain.config_reader import APP_MARK, MOST_APPS, MOST_TARGETS
from bot.domain.errors import UserMistake, UserMistakes

_NAME = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_LONGEST_NAME = 63
_MARKS = re.compile(r"(\{app\}|\{environment\})")
ENVIRONMENT_MARK = "{environment}"
MOST_SHAPES = 100
"""Every one of them is held against every folder."""


def expand(config: Config, folders: Sequence[str], file: str = CONFIG_FILE, *, merged: bool = False) -> Config:
    """The config with an app for every folder that a pattern matches and that has no entry of its own.

    folders: every folder of a tree, without a leading slash. An app that a pattern makes exists only in those of the
    pattern's environments whose folder is there. Entries, `was` and `retired` are never matched, nor are folders whose
    name cannot be an app's. Raises UserMistakes when two patterns match the same app, or the whole does not fit.
    merged: as in `read_config`.
    """
    if config.expanded or not config.patterns:
        return config
    taken = {*config.apps, *config.retired, *(app.was for app in config.apps.values())}
    apps = dict(config.apps)
    shapes = sum(len(_paths(pattern)) for pattern in config.patterns)
    if shapes > MOST_SHAPES:
        raise UserMistake(f"patterns have {shapes} different paths", f"{MOST_SHAPES} are the most", file=file)
    for pattern in config.patterns:
        for name, app in matched(pattern, folders).items():
            if name in taken:
                continue
            if name in apps:
                message = f"the folder of {name} matches two patterns, {apps[name].path} and {pattern.path}"
                raise UserMistake(message, "give it an entry of its own", file=file, line=pattern.line)
            apps[name] = app
        targets = sum(len(app.environments) for app in apps.values())
        if len(apps) > MOST_APPS or targets > MOST_TARGETS:
            message = f"with {pattern.path} there are {len(apps)} apps and {targets} targets"
            raise UserMistake(message, f"{MOST_APPS} and {MOST_TARGETS} are the most", file=file, line=pattern.line)
    whole = replace(config, apps=apps, expanded=True)
    if mistakes := note_all(whole, file, merged=merged):
        raise UserMistakes(mistakes)
    return whole


def matched(pattern: App, folders: Sequence[str]) -> dict[str, App]:
    """The apps that a pattern makes of some folders, by name."""
    found: dict[str, set[str]] = {}
    for path, environments in _paths(pattern).items():
        shape = _shape(path, environments)
        for folder in folders:
            if match := shape.fullmatch(folder):
                there = [match["environment"]] if ENVIRONMENT_MARK in path else environments
                found.setdefault(match["app"], set()).update(there)
    apps = [
        _named(pattern, part, tuple(environment for environment in pattern.environments if environment in there))
        for part, there in sorted(found.items())
    ]
    return {app.name: app for app in apps if len(app.name) <= _LONGEST_NAME}


def _paths(pattern: App) -> dict[str, list[str]]:
    """Each path of a pattern, with the environments that have it."""
    found: dict[str, list[str]] = {}
    for environment in pattern.environments:
        changed = pattern.overrides[environment].app if environment in pattern.overrides else ()
        found.setdefault(str(dict(changed).get("path", pattern.path)), []).append(environment)
    return found


def _shape(path: str, environments: Sequence[str]) -> re.Pattern[str]:
    """A path as a regular expression; each mark is the same wherever it stands."""
    text, marks = "", {APP_MARK: _NAME, ENVIRONMENT_MARK: "|".join(environments)}
    for part in _MARKS.split(path):
        name = part.strip("{}")
        again = f"(?P<{name}>" in text
        mark = f"(?P={name})" if again else f"(?P<{name}>{marks.get(part)})"
        text += mark if part in marks else re.escape(part)
    return re.compile(text)


def _named(pattern: App, part: str, environments: tuple[str, ...]) -> App:
    """The app of a folder. In paths {app} is the part of them that makes the name, anywhere else the name itself."""
    overrides = {
        environment: replace(override, app=tuple((key, _written(key, value, part)) for key, value in override.app))
        for environment, override in pattern.overrides.items()
        if environment in environments
    }
    name, path = pattern.name.replace(APP_MARK, part), pattern.path.replace(APP_MARK, part)
    return replace(pattern, name=name, path=path, environments=environments, overrides=overrides)


def _written(key: str, value: object, part: str) -> object:
    return value.replace(APP_MARK, part) if key == "path" and isinstance(value, str) else value
