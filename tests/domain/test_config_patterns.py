"""Apps that a config names by the shape of their folders."""

import pytest

from bot.domain.config import Config
from bot.domain.config_patterns import expand
from bot.domain.config_reader import read_config
from bot.domain.errors import UserMistake, UserMistakes
from bot.domain.subjects import Target

CONFIG = """\
version: 1
apps:
  web: {path: web, environments: [prod]}
  cart: {path: cart, environments: [prod], was: basket}
  "{app}": {path: "teams/{app}/{environment}", environments: all, namespace: "{app}"}
retired: [old]
environments: {staging: {cluster: staging}, prod: {cluster: prod}}
"""


def expanded(text: str, *folders: str) -> Config:
    return expand(read_config(text.encode()), folders)


def test_every_folder_that_matches_is_an_app_in_the_environments_it_is_there_for() -> None:
    config = expanded(CONFIG, "teams", "teams/a", "teams/a/prod", "teams/b/prod", "teams/b/staging", "teams/b/prod/x")
    assert [str(target) for target in config.targets()] == ["prod/a", "prod/b", "prod/cart", "prod/web", "staging/b"]
    app = config.app(Target("staging", "b"))
    assert (app.name, app.path, app.namespace) == ("b", "teams/b/staging", "b")
    assert expand(config, ["teams/c/prod"]) is config


def test_entries_and_names_of_the_past_are_not_matched() -> None:
    config = expanded(CONFIG, "teams/web/prod", "teams/basket/prod", "teams/old/prod")
    assert [str(target) for target in config.targets()] == ["prod/cart", "prod/web"]


def test_a_folder_that_cannot_be_a_name_is_not_matched() -> None:
    assert expanded(CONFIG, "teams/_shared/prod", "teams/Web2/prod", f"teams/{'a' * 64}/prod").apps.keys() == {
        "web",
        "cart",
    }


def test_a_name_around_the_mark_and_a_mark_that_stands_twice() -> None:
    text = CONFIG.replace('"{app}":', '"team-{app}":').replace("teams/{app}/{environment}", "t/{app}/{app}-x")
    config = expanded(text, "t/a/a-x", "t/a/b-x")
    assert config.app(Target("prod", "team-a")).path == "t/a/a-x"
    assert config.app(Target("prod", "team-a")).namespace == "team-a"
    assert "team-b" not in config.apps


def test_an_override_of_the_path_is_matched_in_its_environment() -> None:
    text = CONFIG.replace("environments: all,", 'environments: all, overrides: {prod: {path: "live/{app}"}},')
    config = expanded(text, "live/a", "teams/a/staging", "teams/b/prod")
    assert config.app(Target("prod", "a")).path == "live/a"
    assert config.app(Target("staging", "a")).path == "teams/a/staging"
    assert "b" not in config.apps


def test_a_folder_of_two_patterns_is_a_mistake() -> None:
    text = CONFIG.replace("retired:", '  "a{app}": {path: "x/{app}", environments: all}\nretired:')
    with pytest.raises(UserMistake, match="the folder of ab matches two patterns"):
        expanded(text, "teams/ab/prod", "x/b")


def test_what_an_app_needs_is_known_once_patterns_are_expanded() -> None:
    text = CONFIG.replace("web, environments: [prod]", "web, environments: [prod], needs: [a]")
    assert expanded(text, "teams/a/prod").apps["web"].needs == ("a",)
    with pytest.raises(UserMistakes, match="web needs 'a', which is no app"):
        expanded(text, "teams/b/prod")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("teams/{app}/{environment}", "teams/{environment}", "the path of a pattern needs {app}"),
        ('"{app}":', '"{app}-{app}":', "cannot be a name"),
        ("environments: all,", "environments: all, was: x,", "a pattern stands for several apps"),
        ("environments: all,", "environments: all, overrides: {prod: {path: x}},", "the path of a pattern needs {app}"),
    ],
)
def test_a_pattern_that_could_match_nothing_or_too_much_is_a_mistake(old: str, new: str, message: str) -> None:
    with pytest.raises(UserMistakes) as caught:
        read_config(CONFIG.replace(old, new).encode())
    assert message in str(caught.value)


def test_a_pattern_that_matches_a_thousand_folders_is_refused() -> None:
    with pytest.raises(UserMistake, match="there are 1002 apps"):
        expanded(CONFIG, *(f"teams/a{number}/prod" for number in range(1000)))


def test_more_targets_than_anybody_has_are_refused() -> None:
    many = ", ".join(f"e{number}: {{cluster: c}}" for number in range(98))
    text = CONFIG.replace("{staging:", f"{{{many}, staging:").replace("{app}/{environment}", "{app}")
    assert len(expanded(text, *(f"teams/a{number}" for number in range(99))).targets()) == 9902
    with pytest.raises(UserMistake, match="10002 targets"):
        expanded(text, *(f"teams/a{number}" for number in range(100)))
