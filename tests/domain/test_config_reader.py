"""What a config says, and what is said about one that is wrong."""

from collections.abc import Callable

import pytest

from bot.domain.config import (
    CommandSettings,
    Config,
    Deployers,
    DeployMode,
    DriftMode,
    HealthRule,
    IgnoreRule,
    PruneMode,
    RendererName,
    Window,
)
from bot.domain.config_reader import read_config
from bot.domain.errors import UserMistake, UserMistakes
from bot.domain.pulls import Role
from bot.domain.subjects import Target
from bot.objects.identity import Kind

FULL = """\
version: 1
commands: {prefix: /ship, short: true}
defaults: {health: {timeout: 1h30m}, helm: {skip_crds: true}, drift: off}
apps:
  web:
    path: ./apps/web/{environment}/
    environments: [staging, prod]
    renderer: kustomize
    namespace: shop-{environment}
    also: [components/**]
    exclude: ["**/crds/*.yaml"]
    helm: {release: web, values: [/values/common.yaml, "values-{environment}.yaml"]}
    needs: [platform]
    health: {rules: [{kind: Widget.acme.io, healthy: "object.status.phase == 'Up'"}]}
    ignore: [{group: "", kind: Service, field: spec.clusterIP}]
    takeover: {from: [argocd-controller]}
    was: old-web
    overrides: {prod: {deploy: never, namespace: shop, helm: {release: web-prod}, health: {timeout: 45s}}}
  platform: {path: ., environments: all}
retired: [old-batch]
environments:
  staging: {cluster: staging, drift: heal}
  prod:
    cluster: prod
    after: [staging]
    deploy: on-command
    approvals: 1
    deployers: {permission: admin, teams: [acme/sre], users: [ana]}
    prune: always
    confirm_over: 50%
    windows: [{deny: "0 16 * * FRI", for: 64h, zone: Europe/Lisbon}, {allow: "*/5 8-18 1,15 JAN-MAR *", for: 10m}]
    url: https://{app}.acme.io
"""

MINIMAL = "version: 1\napps:\n  web: {path: web, environments: [prod]}\nenvironments:\n  prod: {cluster: prod}\n"


@pytest.fixture
def full() -> Config:
    return read_config(FULL.encode())


def test_every_key_of_an_app_is_read(full: Config) -> None:
    web = full.app(Target("staging", "web"))
    assert web.path == "apps/web/staging"
    assert web.environments == ("staging", "prod")
    assert web.renderer is RendererName.KUSTOMIZE
    assert (web.namespace, web.also, web.exclude) == ("shop-staging", ("components/**",), ("**/crds/*.yaml",))
    assert (web.helm.release, web.helm.skip_crds) == ("web", True)
    assert web.helm.values == ("/values/common.yaml", "values-staging.yaml")
    assert (web.needs, web.was, web.takeover_from) == (("platform",), "old-web", ("argocd-controller",))
    assert web.health_timeout == 5400
    assert web.health_rules == (HealthRule(Kind("acme.io", "Widget"), "object.status.phase == 'Up'"),)
    assert web.ignore == (IgnoreRule("", "Service", "*", "spec.clusterIP"),)
    assert full.apps["web"].line == 5


def test_every_key_of_an_environment_is_read(full: Config) -> None:
    prod = full.environment(Target("prod", "platform"))
    assert (prod.cluster, prod.after, prod.deploy, prod.approvals) == ("prod", ("staging",), DeployMode.ON_COMMAND, 1)
    assert prod.deployers == Deployers(Role.ADMIN, ("acme/sre",), ("ana",))
    assert (prod.prune, prod.confirm_over, prod.drift) == (PruneMode.ALWAYS, 50, DriftMode.OFF)
    assert prod.windows == (
        Window(False, "0 16 * * FRI", 64 * 3600.0, "Europe/Lisbon"),
        Window(True, "*/5 8-18 1,15 JAN-MAR *", 600.0),
    )
    assert prod.url == "https://platform.acme.io"


def test_an_override_holds_in_its_environment_only(full: Config) -> None:
    web, staging = full.app(Target("prod", "web")), full.app(Target("staging", "web"))
    assert (web.namespace, web.helm.release, web.health_timeout) == ("shop", "web-prod", 45)
    assert web.helm.values == ("/values/common.yaml", "values-prod.yaml")
    assert full.environment(Target("prod", "web")).deploy is DeployMode.NEVER
    assert full.environment(Target("staging", "web")).deploy is DeployMode.ON_MERGE
    assert staging.health_timeout == 5400


def test_the_rest_of_the_file_is_read(full: Config) -> None:
    assert full.commands == CommandSettings("/ship", True)
    assert full.retired == ("old-batch",)
    assert full.apps["platform"].path == ""
    assert [str(target) for target in full.targets()] == [
        "prod/platform",
        "prod/web",
        "staging/platform",
        "staging/web",
    ]


def test_defaults_are_those_of_the_design() -> None:
    config = read_config(MINIMAL.encode())
    prod, web = config.environments["prod"], config.apps["web"]
    assert (prod.deploy, prod.approvals, prod.prune) == (DeployMode.ON_MERGE, 0, PruneMode.APPROVED)
    assert (prod.confirm_over, prod.drift, prod.deployers) == (20, DriftMode.REPORT, Deployers(Role.MAINTAIN))
    assert (web.renderer, web.health_timeout, config.commands) == (None, 600, CommandSettings("/plumb", False))


def test_naming_a_deployer_leaves_out_everybody_else() -> None:
    config = read_config(MINIMAL.replace("cluster: prod", "cluster: prod, deployers: {users: [ana]}").encode())
    assert config.environments["prod"].deployers == Deployers(None, (), ("ana",))


def replaced(old: str, new: str) -> str:
    assert old in FULL
    return FULL.replace(old, new, 1)


WRONG: dict[str, tuple[str, int, str, str]] = {
    "a key that nobody knows": (replaced("renderer:", "rendrer:"), 8, "no key 'rendrer'", "did you mean `renderer`?"),
    "a top key that nobody knows": (replaced("retired", "retird"), 20, "no key 'retird'", "did you mean `retired`?"),
    "an unlike key": (replaced("    was:", "    colour:"), 17, "no key 'colour'", "known here: also, environments"),
    "another version": (replaced("version: 1", "version: 2"), 1, "version", "write version: 1"),
    "no version": (replaced("version: 1\n", ""), 1, "no `version`", "required"),
    "an app without a path": (replaced("path: ., ", ""), 19, "has no `path`", "required"),
    "an environment without a cluster": (replaced("cluster: staging, ", ""), 22, "has no `cluster`", "required"),
    "a name with capitals": (replaced("  platform:", "  Platform:"), 19, "'Platform' cannot be a name", "lower-case"),
    "a name that YAML reads as a number": (replaced("[old-batch]", "[12]"), 20, "must be text", "quotes"),
    "an unknown environment": (replaced("[staging, prod]", "[stagin, prod]"), 7, "names 'stagin'", "mean staging?"),
    "an unknown environment after which": (replaced("[staging]", "[test]"), 25, "names 'test'", "one of prod, staging"),
    "an override elsewhere": (
        replaced("overrides: {prod:", "overrides: {prd:"),
        18,
        "names 'prd'",
        "did you mean prod?",
    ),
    "an unknown app that is needed": (
        replaced("[platform]", "[platfrom]"),
        5,
        "'platfrom', which is no",
        "mean platform?",
    ),
    "an unknown renderer": (
        replaced("kustomize", "kustomise"),
        8,
        "cannot be 'kustomise'",
        "did you mean `kustomize`?",
    ),
    "a path out of the repository": (replaced("./apps/web", "../apps/web"), 6, "inside the repository", "without .."),
    "an absolute path": (replaced("./apps/web", "/apps/web"), 6, "inside the repository", "leading /"),
    "a placeholder that nobody fills": (replaced("shop-{environment}", "shop-{env}"), 9, "cannot be", "{environment}"),
    "values from the network": (replaced("/values/common", "https://acme.io/common"), 12, "inside the repository", ""),
    "values above the root": (replaced("/values/common", "/values/../../x"), 12, "inside the repository", ""),
    "a duration without a unit": (replaced("1h30m", "90"), 3, "no duration", "1h30m or 45s"),
    "a duration of nothing": (replaced("45s", "0s"), 18, "no duration", "1h30m or 45s"),
    "a number for a percentage": (replaced("50%", "50"), 30, "no percentage", "0% to 100%"),
    "too large a percentage": (replaced("50%", "101%"), 30, "no percentage", "0% to 100%"),
    "a word for a number": (replaced("approvals: 1", "approvals: yes"), 27, "whole number from 0 to 100", ""),
    "everybody as a deployer": (replaced("admin", "read"), 28, "cannot be 'read'", "write, maintain, admin"),
    "a team without its organisation": (replaced("acme/sre", "sre"), 28, "cannot be 'sre'", "organisation/team"),
    "a login with @": (replaced("[ana]", '["@ana"]'), 28, "cannot be '@ana'", "without @"),
    "a window both ways": (replaced("{deny:", "{allow: 0 0 * * *, deny:"), 31, "one of `allow` and `deny`", ""),
    "a window with four fields": (replaced("0 16 * * FRI", "0 16 * *"), 31, "needs five fields", "weekday"),
    "a window at 25 o'clock": (replaced("0 16 *", "0 25 *"), 31, "'25' is no hour", "numbers from 0 to 23"),
    "an unknown time zone": (replaced("Lisbon", "Lisbom"), 31, "no time zone 'Europe/Lisbom'", "Europe/Lisbon"),
    "a list for a map": (replaced("{prefix: /ship, short: true}", "[a]"), 2, "must be a map, not a list", ""),
    "a word for a list": (replaced("[components/**]", "components"), 10, "must be a list, not text", "brackets"),
    "a prefix without a slash": (replaced("/ship", "ship"), 2, "cannot be 'ship'", "/plumb"),
    "a kind in lower case": (replaced("Widget.acme.io", "widgets.acme.io"), 14, "cannot be 'widgets", "Kind.group"),
    "a name twice in a list": (replaced("[staging, prod]", "[prod, prod]"), 7, "names 'prod' twice", "remove one"),
    "no environment": (replaced("[staging, prod]", "[]"), 7, "names no environment", "or all"),
    "an app that was one that is": (replaced("old-web", "platform"), 5, "platform is an app", "stand once"),
    "a retired app that is one": (replaced("old-batch", "web"), 0, "web is retired", "stand once"),
    "a retired app that was renamed": (replaced("old-batch", "old-web"), 0, "what web was", "stand once"),
}


@pytest.mark.parametrize(("text", "line", "message", "remedy"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_with_its_line_and_its_remedy(text: str, line: int, message: str, remedy: str) -> None:
    with pytest.raises(UserMistakes) as caught:
        read_config(text.encode())
    (mistake,) = caught.value.mistakes
    assert message in mistake.message
    assert remedy in mistake.remedy
    assert (mistake.file, mistake.line) == (".plumbline.yaml", line)


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    text = MINIMAL.replace("path", "pth").replace("cluster", "clster").replace("version: 1", "version: one")
    with pytest.raises(UserMistakes) as caught:
        read_config(text.encode(), "x.yaml")
    assert [mistake.line for mistake in caught.value.mistakes] == [1, 3, 3, 5, 5]
    assert str(caught.value).splitlines()[1] == "x.yaml:3: `apps.web` has no key 'pth' (did you mean `path`?)"


def test_a_long_list_of_mistakes_is_cut() -> None:
    apps = "".join(f"  a{number}: {{path: a, environments: [prod], x: 1}}\n" for number in range(25))
    with pytest.raises(UserMistakes) as caught:
        read_config(f"version: 1\napps:\n{apps}environments: {{prod: {{cluster: prod}}}}\n".encode())
    assert str(caught.value).splitlines()[-1] == "and 5 more"


@pytest.mark.parametrize(
    "text", [b"", b"- a", b"a: [", b"\xff\xfe\x00", b"a: 1\n---\nb: 1\n", b"version: 1\nversion: 1\n"]
)
def test_what_is_no_config_at_all_is_a_mistake(text: bytes) -> None:
    with pytest.raises(UserMistake) as caught:
        read_config(text)
    assert caught.value.file == ".plumbline.yaml"


def big(many: Callable[[int], str]) -> bytes:
    return ("version: 1\n" + "".join(many(number) for number in range(1001))).encode()


def test_a_config_of_more_apps_than_anybody_has_is_refused() -> None:
    with pytest.raises(UserMistakes, match="1001 entries"):
        read_config(big(lambda n: f"apps:\n  a{n}: {{path: a}}\n" if n == 0 else f"  a{n}: {{path: a}}\n"))


def test_a_config_of_more_targets_than_anybody_has_is_refused() -> None:
    apps = "".join(f"  a{number}: {{path: a, environments: all}}\n" for number in range(401))
    environments = ", ".join(f"e{number}: {{cluster: c}}" for number in range(25))
    with pytest.raises(UserMistakes, match="these are 10025 targets"):
        read_config(f"version: 1\napps:\n{apps}environments: {{{environments}}}\n".encode())
