"""Rules of the default branch over the config of a tree: a pull cannot loosen what it is judged by."""

import pytest

from bot.domain.config import Config, DeployMode, Environment
from bot.domain.config_patterns import expand
from bot.domain.config_reader import read_config
from bot.domain.config_rules import rules_of
from bot.domain.errors import UserMistakes
from bot.domain.subjects import Target

RULES = """\
version: 1
apps:
  web: {path: web, environments: [prod], takeover: {from: [helm]}, overrides: {prod: {approvals: 2}}}
environments: {prod: {cluster: prod, approvals: 1}}
"""


def mixed(where: str, rules: str = RULES) -> Config:
    return rules_of(read_config(rules.encode()), read_config(where.encode()))


def prod(config: Config, app: str = "web") -> Environment:
    return config.environment(Target("prod", app))


def test_where_a_tree_says_is_taken_and_its_rules_are_not() -> None:
    where = RULES.replace("path: web", "path: new").replace("approvals: 1", "approvals: 0").replace("[helm]", "[x]")
    config = mixed(where.replace("overrides: {prod: {approvals: 2}}", "overrides: {prod: {namespace: shop}}"))
    app = config.app(Target("prod", "web"))
    assert (app.path, app.namespace, app.takeover_from) == ("new", "shop", ("helm",))
    assert prod(config).approvals == 2


def test_an_override_cannot_loosen_a_rule() -> None:
    config = mixed(RULES.replace("{approvals: 2}", "{approvals: 0, takeover: {from: [argocd]}, deploy: on-merge}"))
    assert prod(config).approvals == 2
    assert config.app(Target("prod", "web")).takeover_from == ("helm",)


def test_a_new_app_gets_the_environments_rules_and_takes_nothing_over() -> None:
    where = RULES.replace("  web:", "  api:").replace("{approvals: 2}", "{approvals: 0}")
    config = mixed(where)
    assert prod(config, "api").approvals == 1
    assert config.app(Target("prod", "api")).takeover_from == ()


def test_a_new_folder_that_a_pattern_of_the_rules_matches_has_the_patterns_rules() -> None:
    pattern = "{path: 'teams/{app}', environments: [prod], overrides: {prod: {approvals: 2}}}"
    rules = f"version: 1\napps: {{'{{app}}': {pattern}}}\nenvironments: {{prod: {{cluster: prod}}}}\n"
    loosened = rules.replace("approvals: 2", "approvals: 0")
    before = expand(read_config(rules.encode()), ["teams/old"])
    after = rules_of(before, expand(read_config(loosened.encode()), ["teams/old", "teams/new"]))
    assert (prod(after, "old").approvals, prod(after, "new").approvals) == (2, 2)


def test_a_new_environment_comes_with_its_own_rules() -> None:
    where = RULES.replace("[prod]", "[prod, dev]").replace("{prod: {cluster", "{dev: {cluster: dev}, prod: {cluster")
    config = mixed(where.replace("{prod: {approvals: 2}}", "{dev: {approvals: 3}}"))
    assert config.environment(Target("dev", "web")).approvals == 3
    assert prod(config).approvals == 2


def test_an_environment_that_a_tree_drops_keeps_its_rules() -> None:
    config = mixed("version: 1\n")
    assert config.environments["prod"].approvals == 1
    assert config.targets() == ()


def test_commands_are_rules() -> None:
    assert mixed("version: 1\ncommands: {prefix: /x}\n").commands.prefix == "/plumb"


def test_the_first_config_is_its_own() -> None:
    config = read_config(RULES.replace("approvals: 1", "deploy: never").encode())
    assert rules_of(None, config) is config
    assert config.environments["prod"].deploy is DeployMode.NEVER


def test_rules_and_a_tree_that_only_together_make_a_circle_are_a_mistake() -> None:
    app, order = "web: {path: web, environments: [a]", "environments: {a: {cluster: a}, b: {cluster: b, after: [a]}}"
    rules = f"version: 1\napps: {{{app}, overrides: {{a: {{after: [b]}}}}}}}}\n{order}\n"
    where = f"version: 1\napps: {{{app.replace('[a]', '[a, b]')}}}}}\n{order}\n"
    with pytest.raises(UserMistakes, match="wait for each other: a/web → b/web → a/web"):
        mixed(where, rules)
