"""The keys of `.plumbline.yaml` that an app and an environment have, each with how its value is read.

A key's reader answers with the fields of `App` or `Environment` that it sets. `bot/domain/config_reader.py` puts them
together with defaults and overrides.
"""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from bot.domain.config import (
    Deployers,
    DeployMode,
    DriftMode,
    HealthRule,
    IgnoreRule,
    PruneMode,
    RendererName,
)
from bot.domain.nodes import KIND, NAME, Node, Shape
from bot.domain.pulls import Role
from bot.domain.windows import read_window
from bot.objects.health import cel
from bot.objects.identity import Kind

Fields = dict[str, object]
Read = Callable[[Node], Fields]

ALL = "all"
"""What stands for every environment; `config_reader` replaces it."""

LONGEST_HEALTH_SECONDS = 24 * 3600.0
_PLACE = r"\{environment\}|\{app\}"
_FILES = Shape(
    rf"(?:[^{{}}\\\x00-\x1f\x7f]|{_PLACE}){{1,500}}", "in braces only {environment} and {app}, no backslashes"
)
_PLACED_NAME = Shape(rf"(?:[a-z0-9-]|{_PLACE}){{1,120}}", NAME.words + ", {environment} and {app}")
_URL = Shape(
    rf"https?://(?:[^{{}}\s<>\"'`\\]|{_PLACE}){{1,500}}", "write https://…, in braces only {environment} and {app}"
)
_LOGIN = Shape(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "write the login without @")
_TEAM = Shape(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9][A-Za-z0-9._/-]{0,199}", "write organisation/team")
_MANAGER = Shape(r"[!-~]{1,128}", "write the field manager's name as managedFields shows it")
_GLOB = Shape(r"[^\x00-\x1f\x7f]{1,253}", "write a name, * for any")
_EXPRESSION = Shape(r"[^\x00-\x08\x0e-\x1f\x7f]{1,2000}", "write a CEL expression of at most 2000 characters")


def relative(node: Node) -> str:
    """A path or glob below the repository's root, which is empty itself; written in its shortest form."""
    return _inside(node, node.text(_FILES))


def _inside(node: Node, text: str) -> str:
    if text.startswith("/") or ".." in PurePosixPath(text).parts or "://" in text:
        node.wrong(
            f"{node} must stay inside the repository",
            "write it from the repository's root, without .. and without a leading /",
        )
    short = str(PurePosixPath(text))
    return "" if short == "." else short


def _values(node: Node) -> tuple[str, ...]:
    """Helm's value files: beside the chart, or from the repository's root with a leading slash."""
    found = []
    for item in node.items():
        text = item.text(_FILES)
        rooted = text.startswith("/")
        found.append("/" * rooted + _inside(item, text.removeprefix("/")))
    return tuple(found)


def _relatives(node: Node) -> tuple[str, ...]:
    return tuple(relative(item) for item in node.items())


def _environments(node: Node) -> Fields:
    if node.value == ALL:
        return {"environments": ALL}
    names = node.texts(NAME)
    if not names:
        node.wrong(f"{node} names no environment", "write [staging, prod], or all")
    return {"environments": names}


def _helm(node: Node) -> Fields:
    given = node.keys(("release", "values", "skip_crds"))
    found: Fields = {}
    if "release" in given:
        found["release"] = given["release"].text(_PLACED_NAME)
    if "values" in given:
        found["values"] = _values(given["values"])
    if "skip_crds" in given:
        found["skip_crds"] = given["skip_crds"].flag()
    return {"helm": found}


def _health(node: Node) -> Fields:
    given = node.keys(("timeout", "rules"))
    found: Fields = {}
    if "timeout" in given:
        found["health_timeout"] = given["timeout"].duration(LONGEST_HEALTH_SECONDS)
    if "rules" in given:
        found["health_rules"] = tuple(_health_rule(item) for item in given["rules"].items())
    return found


def _health_rule(node: Node) -> HealthRule:
    given = node.keys(("kind", "healthy"), required=("kind", "healthy"))
    kind = given["kind"].text(KIND) if "kind" in given else ""
    return HealthRule(Kind.parse(kind), _expression(given["healthy"]) if "healthy" in given else "")


def _expression(node: Node) -> str:
    """A CEL expression over `object`, read here so that a misspelt one is a mistake of the config."""
    text = node.text(_EXPRESSION)
    try:
        if text.strip():
            cel.parse(text)
    except cel.ExpressionError as error:
        node.wrong(f"{node} cannot be read: {error}", "write a CEL expression, such as object.status.phase == 'Up'")
    return text


def _ignore(node: Node) -> IgnoreRule:
    """A part that is left out stands for anything; an empty group is the core group."""
    given = node.keys(("group", "kind", "name", "field"), required=("field",))
    parts = {key: "" if key == "group" and part.value == "" else part.text(_GLOB) for key, part in given.items()}
    return IgnoreRule(**{"group": "*", "kind": "*", "name": "*", "field": "", **parts})


def _takeover(node: Node) -> Fields:
    given = node.keys(("from",), required=("from",))
    return {"takeover_from": given["from"].texts(_MANAGER) if "from" in given else ()}


def _deployers(node: Node) -> Fields:
    """Naming only teams or users leaves out everybody else: the default role counts where nothing is written."""
    given = node.keys(("permission", "teams", "users"))
    if not given:
        node.wrong(f"{node} names nobody", "write permission, teams or users")
    roles = (Role.WRITE, Role.MAINTAIN, Role.ADMIN)
    return {
        "deployers": Deployers(
            permission=given["permission"].choice(Role, roles) if "permission" in given else None,
            teams=given["teams"].texts(_TEAM) if "teams" in given else (),
            users=given["users"].texts(_LOGIN) if "users" in given else (),
        )
    }


def _one(field: str, read: Callable[[Node], object]) -> Read:
    return lambda node: {field: read(node)}


APP_KEYS: Mapping[str, Read] = {
    "path": _one("path", relative),
    "environments": _environments,
    "renderer": _one("renderer", lambda node: node.choice(RendererName)),
    "namespace": _one("namespace", lambda node: node.text(_PLACED_NAME)),
    "also": _one("also", _relatives),
    "exclude": _one("exclude", _relatives),
    "helm": _helm,
    "needs": _one("needs", lambda node: node.texts(NAME)),
    "health": _health,
    "ignore": _one("ignore", lambda node: tuple(_ignore(item) for item in node.items())),
    "takeover": _takeover,
    "was": _one("was", lambda node: node.text(NAME)),
}
"""Every key of an app but `overrides`."""

ENVIRONMENT_KEYS: Mapping[str, Read] = {
    "cluster": _one("cluster", lambda node: node.text(NAME)),
    "after": _one("after", lambda node: node.texts(NAME)),
    "deploy": _one("deploy", lambda node: node.choice(DeployMode)),
    "approvals": _one("approvals", lambda node: node.whole(0, 100)),
    "deployers": _deployers,
    "prune": _one("prune", lambda node: node.choice(PruneMode)),
    "confirm_over": _one("confirm_over", Node.percent),
    "drift": _one("drift", lambda node: node.choice(DriftMode)),
    "windows": _one("windows", lambda node: tuple(read_window(item) for item in node.items())),
    "url": _one("url", lambda node: node.text(_URL)),
}
"""Every key of an environment. All are rules (DESIGN §3)."""

RULE_FIELDS = frozenset({"takeover_from"})
"""Fields of an app that are rules all the same."""
