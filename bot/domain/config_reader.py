"""`.plumbline.yaml` from text: read, defaulted, checked; every mistake at once, with line and remedy.

What one key may hold is in `config_keys.py`, order and names across apps in `config_order.py`. `config_patterns.py`
matches patterns against a tree, and `config_rules.py` puts the rules of one commit over another commit's config.
"""

from collections.abc import Collection, Mapping
from typing import Any, cast

from bot.domain.config import CONFIG_FILE, App, CommandSettings, Config, Environment, HelmOptions, Override
from bot.domain.config_keys import ALL, APP_KEYS, ENVIRONMENT_KEYS, Fields, Read
from bot.domain.config_order import note_all
from bot.domain.nodes import NAME, Node, Shape, open_file, settle

VERSION = 1
MOST_APPS = 1000
MOST_ENVIRONMENTS = 100
MOST_TARGETS = 10_000
APP_MARK = "{app}"

_TOP = ("version", "commands", "defaults", "apps", "retired", "environments")
_DEFAULTS = {key: read for key, read in APP_KEYS.items() if key not in ("path", "was")}
_OVERRIDES = {key: read for key, read in APP_KEYS.items() if key not in ("environments", "was")}
_PATTERN = Shape(
    r"[a-z0-9-]{0,40}\{app\}[a-z0-9-]{0,40}", "write {app} once, with letters, digits and hyphens around it"
)
_PREFIX = Shape(r"/[a-z][a-z0-9-]{0,30}", "write a slash and a word, as in /plumb")


def read_config(text: bytes, file: str = CONFIG_FILE, *, merged: bool = False) -> Config:
    """A config from the bytes of its file. Raises UserMistake; UserMistakes names everything that is wrong.

    `environments: all` is written out, defaults are in every app and environment, patterns wait for `expand`.
    merged: it stands on the default branch already, where a circle of targets is waited out and no mistake any more.
    """
    root = open_file(text, file)
    top = root.keys(_TOP, required=("version",))
    if "version" in top and (isinstance(top["version"].value, bool) or top["version"].value != VERSION):
        top["version"].wrong("this config is of a version that is not known here", f"write version: {VERSION}")
    reader = _Reader(top)
    environments = reader.environments()
    entries = reader.apps(environments)
    config = Config(
        apps={name: app for name, app in entries.items() if APP_MARK not in name},
        environments=environments,
        patterns=tuple(app for name, app in entries.items() if APP_MARK in name),
        retired=top["retired"].texts(NAME) if "retired" in top else (),
        commands=_commands(top.get("commands")),
    )
    if not root.mistakes and (many := sum(len(app.environments) for app in entries.values())) > MOST_TARGETS:
        top["apps"].wrong(f"these are {many} targets", f"{MOST_TARGETS} are the most")
    if not root.mistakes:  # a graph of values that were not understood would only add false mistakes
        root.mistakes.extend(note_all(config, file, merged=merged))
    settle(root)
    return config


def _commands(node: Node | None) -> CommandSettings:
    given = node.keys(("prefix", "short")) if node else {}
    settings = CommandSettings()
    return CommandSettings(
        prefix=given["prefix"].text(_PREFIX) if "prefix" in given else settings.prefix,
        short=given["short"].flag() if "short" in given else settings.short,
    )


class _Reader:
    """Reads apps and environments over their defaults. No key belongs to both, so `defaults` holds them in one map."""

    def __init__(self, top: Mapping[str, Node]) -> None:
        self.top = top
        self.defaults = top["defaults"].keys({**_DEFAULTS, **ENVIRONMENT_KEYS}) if "defaults" in top else {}
        self.app_defaults = _fields(self.defaults, _DEFAULTS)
        self.environment_defaults = _fields(self.defaults, ENVIRONMENT_KEYS)

    def environments(self) -> dict[str, Environment]:
        """Every environment."""
        entries = _entries(self.top.get("environments"), MOST_ENVIRONMENTS)
        required = () if "cluster" in self.environment_defaults else ("cluster",)
        found: dict[str, Environment] = {}
        for name, entry in entries.items():
            entry.key(NAME)
            given = entry.keys(ENVIRONMENT_KEYS, required)
            fields = _built(_fields(given, ENVIRONMENT_KEYS, self.environment_defaults))
            found[name] = Environment(**{"cluster": "", **fields, "name": name, "line": entry.line})
            _check_known(given.get("after"), entries)
        _check_known(self.defaults.get("after"), entries)
        return found

    def apps(self, environments: Mapping[str, Environment]) -> dict[str, App]:
        """Every app and pattern."""
        entries = _entries(self.top.get("apps"), MOST_APPS)
        _check_known(self.defaults.get("environments"), environments)
        return {name: self._app(name, entry, environments) for name, entry in entries.items()}

    def _app(self, name: str, entry: Node, environments: Mapping[str, Environment]) -> App:
        pattern = "{" in name
        entry.key(_PATTERN if pattern else NAME)
        required = ("path",) if "environments" in self.app_defaults else ("path", "environments")
        given = entry.keys({*APP_KEYS, "overrides"}, required)
        _check_known(given.get("environments"), environments)
        if pattern and "was" in given:
            given["was"].wrong("a pattern stands for several apps and was none", "give the renamed app its own entry")
        if pattern:
            for path in _paths(given):
                if APP_MARK not in str(path.value):
                    path.wrong(f"the path of a pattern needs {APP_MARK}", "write it where the folders' names differ")
        fields = _fields(given, APP_KEYS, self.app_defaults)
        among = fields.get("environments", ())
        fields["environments"] = tuple(environments) if among == ALL else among
        overrides = _overrides(given.get("overrides"), fields, environments)
        return App(**{"path": "", **_built(fields), "name": name, "overrides": overrides, "line": entry.line})


def _paths(given: Mapping[str, Node]) -> list[Node]:
    """Every `path` of an entry, its overrides' too."""
    overrides = given["overrides"].value if "overrides" in given else None
    among = [given["overrides"].at(key) for key in overrides] if isinstance(overrides, dict) else []
    changed = [entry.at("path") for entry in among if isinstance(entry.value, dict) and "path" in entry.value]
    return [*([given["path"]] if "path" in given else []), *changed]


def _overrides(node: Node | None, fields: Fields, environments: Mapping[str, Environment]) -> dict[str, Override]:
    found: dict[str, Override] = {}
    among = cast(tuple[str, ...], fields["environments"])
    for environment, entry in (node.named() if node else {}).items():
        if among and environment not in among:
            entry.unknown(environment, among, "where this app is not" if environment in environments else "")
        given = entry.keys({**_OVERRIDES, **ENVIRONMENT_KEYS})
        _check_known(given.get("after"), environments)
        app = _fields(given, _OVERRIDES)
        if "helm" in app:
            app["helm"] = {**cast(Fields, fields.get("helm", {})), **cast(Fields, app["helm"])}
        rules = _built(_fields(given, ENVIRONMENT_KEYS))
        found[environment] = Override(tuple(_built(app).items()), tuple(rules.items()))
    return found


def _entries(node: Node | None, most: int) -> dict[str, Node]:
    entries = node.named() if node else {}
    if node and len(entries) > most:
        node.wrong(f"{node} has {len(entries)} entries", f"{most} are the most")
        return {}
    return entries


def _check_known(node: Node | None, known: Collection[str]) -> None:
    """Note the names in a list of environments that are none. What is no list or text has been noted before."""
    for item in node.items() if node and isinstance(node.value, list) else []:
        if isinstance(item.value, str) and item.value not in known:
            item.unknown(item.value, known)


def _fields(given: Mapping[str, Node], keys: Mapping[str, Read], base: Fields | None = None) -> Fields:
    """The fields that the given keys set, over those of `base`. Helm's options are merged one by one."""
    found: Fields = dict(base or {})
    for key, node in given.items():
        fields = keys[key](node) if key in keys else {}
        if "helm" in fields and "helm" in found:
            fields["helm"] = {**cast(Fields, found["helm"]), **cast(Fields, fields["helm"])}
        found.update(fields)
    return found


def _built(fields: Fields) -> dict[str, Any]:
    """Fields as the dataclasses take them."""
    return {**fields, **({"helm": HelmOptions(**cast(Any, fields["helm"]))} if "helm" in fields else {})}
