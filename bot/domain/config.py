"""`.plumbline.yaml` as data (DESIGN §3). `bot/domain/config_reader.py` makes it from text and says what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.domain.pulls import Role
from bot.domain.subjects import Target
from bot.objects.identity import Kind

CONFIG_FILE = ".plumbline.yaml"


class RendererName(StrEnum):
    """How a folder becomes objects."""

    PLAIN = "plain"
    KUSTOMIZE = "kustomize"
    HELM = "helm"
    JSONNET = "jsonnet"


class DeployMode(StrEnum):
    """When a merged commit is delivered."""

    ON_MERGE = "on-merge"
    ON_COMMAND = "on-command"
    NEVER = "never"


class DriftMode(StrEnum):
    """What is done about drift."""

    OFF = "off"
    REPORT = "report"
    PROPOSE = "propose"
    HEAL = "heal"


class PruneMode(StrEnum):
    """When objects that left Git are deleted."""

    APPROVED = "approved"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Deployers:
    """Who may deploy: any one of these suffices. permission: this role or more; None where only others are named."""

    permission: Role | None = Role.MAINTAIN
    teams: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which deploying is allowed, or denied: from each moment that `cron` names in `zone`, for `seconds`."""

    allow: bool
    cron: str
    seconds: float
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Environment:
    """A cluster plus rules. A rule: read from the tip of the default branch. confirm_over is a percentage."""

    name: str
    cluster: str
    after: tuple[str, ...] = ()
    deploy: DeployMode = DeployMode.ON_MERGE
    approvals: int = 0
    deployers: Deployers = Deployers()
    prune: PruneMode = PruneMode.APPROVED
    confirm_over: int = 20
    drift: DriftMode = DriftMode.REPORT
    windows: tuple[Window, ...] = ()
    url: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """A field that plan, drift and apply leave alone. Every part is a glob."""

    group: str
    kind: str
    name: str
    field: str


@dataclass(frozen=True, slots=True)
class HealthRule:
    """A CEL expression that says when objects of a kind are healthy."""

    kind: Kind
    healthy: str


@dataclass(frozen=True, slots=True)
class HelmOptions:
    """How a chart is rendered. `values` as written: a leading / means the repository's root."""

    release: str = ""
    values: tuple[str, ...] = ()
    skip_crds: bool = False


@dataclass(frozen=True, slots=True)
class App:
    """A folder that renders to objects. `health_timeout` in seconds. `line` is where it stands in the config."""

    name: str
    path: str
    environments: tuple[str, ...]
    renderer: RendererName | None = None
    namespace: str = ""
    also: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    helm: HelmOptions = HelmOptions()
    needs: tuple[str, ...] = ()
    health_timeout: float = 600.0
    health_rules: tuple[HealthRule, ...] = ()
    ignore: tuple[IgnoreRule, ...] = ()
    takeover_from: tuple[str, ...] = ()
    was: str = ""
    overrides: Mapping[str, "Override"] = field(default_factory=dict)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Override:
    """App and environment keys that differ for one app in one environment, as (field, value) pairs."""

    app: tuple[tuple[str, object], ...] = ()
    environment: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class CommandSettings:
    """How slash commands are spelled."""

    prefix: str = "/plumb"
    short: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """One `.plumbline.yaml`. Patterns (`{app}`) are kept apart; once expanded, the apps they make are there too."""

    apps: Mapping[str, App]
    environments: Mapping[str, Environment]
    patterns: tuple[App, ...] = ()
    retired: tuple[str, ...] = ()
    commands: CommandSettings = CommandSettings()
    expanded: bool = False

    def targets(self) -> tuple[Target, ...]:
        """Every target, sorted. Patterns must have been expanded before (`config_reader.expand`)."""
        found = (Target(environment, app.name) for app in self.apps.values() for environment in app.environments)
        return tuple(sorted(found))

    def names(self, target: Target) -> bool:
        """Whether a target is one of them all."""
        app = self.apps.get(target.app)
        return app is not None and target.environment in app.environments

    def retires(self, target: Target) -> bool:
        """Whether a target's app is retired: it stands for an empty set, so that its objects go."""
        return target.app in self.retired and target.environment in self.environments

    def has(self, target: Target) -> bool:
        """Whether a target is delivered: as it renders, or as an empty set."""
        return self.names(target) or self.retires(target)

    def app(self, target: Target) -> App:
        """The app of a target with its overrides applied and `{environment}` and `{app}` filled in."""
        app = self.apps[target.app] if target.app in self.apps else self._retired(target)
        changed = dict(app.overrides[target.environment].app) if target.environment in app.overrides else {}
        app = replace(app, **changed)  # type: ignore[arg-type]  # the reader typed each pair
        return replace(
            app,
            path=_fill(app.path, target),
            namespace=_fill(app.namespace, target),
            also=tuple(_fill(pattern, target) for pattern in app.also),
            exclude=tuple(_fill(pattern, target) for pattern in app.exclude),
            helm=replace(
                app.helm,
                release=_fill(app.helm.release, target),
                values=tuple(_fill(file, target) for file in app.helm.values),
            ),
        )

    def environment(self, target: Target) -> Environment:
        """The environment of a target with the app's overrides applied and the placeholders of `url` filled in."""
        environment = self.environments[target.environment]
        app = self.apps[target.app] if target.app in self.apps else self._retired(target)
        changed = dict(app.overrides[target.environment].environment) if target.environment in app.overrides else {}
        environment = replace(environment, **changed)  # type: ignore[arg-type]  # the reader typed each pair
        return replace(environment, url=_fill(environment.url, target))

    def _retired(self, target: Target) -> App:
        if not self.retires(target):
            raise KeyError(target)
        return App(target.app, "", (target.environment,))


def _fill(text: str, target: Target) -> str:
    return text.replace("{environment}", target.environment).replace("{app}", target.app)
