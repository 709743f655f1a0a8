"""Order across apps and environments: no circle, no wait for what never comes."""

import pytest

from bot.domain.config_reader import read_config
from bot.domain.errors import UserMistakes


def mistake(text: str) -> tuple[str, int]:
    with pytest.raises(UserMistakes) as caught:
        read_config(f"version: 1\n{text}".encode())
    (found,) = caught.value.mistakes
    return found.message, found.line


def test_apps_that_need_each_other_are_named_with_their_path() -> None:
    apps = "apps:\n  a: {path: a, environments: all, needs: [b]}\n  b: {path: b, environments: all, needs: [c]}\n"
    rest = "  c: {path: c, environments: all, needs: [a]}\nenvironments:\n  prod: {cluster: prod}\n"
    assert mistake(apps + rest) == ("these wait for each other: prod/a → prod/b → prod/c → prod/a", 3)


def test_an_app_that_needs_itself_is_a_circle() -> None:
    text = "apps:\n  a: {path: a, environments: all, needs: [a]}\nenvironments:\n  prod: {cluster: prod}\n"
    assert mistake(text) == ("these wait for each other: prod/a → prod/a", 3)


def test_environments_after_each_other_are_a_circle_for_the_apps_in_both() -> None:
    environments = "environments:\n  a: {cluster: a, after: [b]}\n  b: {cluster: b, after: [a]}\n"
    both = "apps:\n  web: {path: web, environments: all}\n"
    assert mistake(both + environments) == ("these wait for each other: a/web → b/web → a/web", 3)


def test_environments_after_each_other_are_none_where_no_app_goes_round() -> None:
    environments = "environments:\n  a: {cluster: a, after: [b]}\n  b: {cluster: b, after: [a]}\n"
    apart = "apps:\n  one: {path: one, environments: [a]}\n  other: {path: other, environments: [b]}\n"
    opened = "apps:\n  web: {path: web, environments: all, overrides: {a: {after: []}}}\n"
    for apps in ("", apart, opened):
        read_config(f"version: 1\n{apps}{environments}".encode())


def test_a_circle_that_only_an_override_closes_is_found() -> None:
    apps = "apps:\n  a: {path: a, environments: all, needs: [b]}\n"
    other = (
        "  b: {path: b, environments: all, overrides: {prod: {needs: [a]}}}\nenvironments:\n  prod: {cluster: prod}\n"
    )
    assert mistake(apps + other)[0] == "these wait for each other: prod/a → prod/b → prod/a"


def test_needs_in_another_environment_are_no_circle() -> None:
    apps = "apps:\n  a: {path: a, environments: all, overrides: {dev: {needs: [b]}}}\n"
    other = "  b: {path: b, environments: all, overrides: {prod: {needs: [a]}}}\n"
    read_config(f"version: 1\n{apps}{other}environments: {{dev: {{cluster: dev}}, prod: {{cluster: prod}}}}\n".encode())


def test_nothing_comes_after_an_environment_that_never_deploys() -> None:
    text = "environments:\n  dev: {cluster: dev, deploy: never}\n  prod: {cluster: prod, after: [dev]}\n"
    assert mistake(text) == ("prod comes after dev, which has `deploy: never`", 4)


def test_nothing_comes_after_a_target_that_an_override_never_deploys() -> None:
    apps = "apps:\n  a: {path: a, environments: all, overrides: {dev: {deploy: never}}}\n"
    rest = "environments:\n  dev: {cluster: dev}\n  prod: {cluster: prod, after: [dev]}\n"
    assert mistake(apps + rest) == ("prod/a comes after dev/a, which has `deploy: never`", 3)


def test_a_long_chain_is_followed_to_its_end() -> None:
    apps = "".join(f"  a{number}: {{path: a, environments: all, needs: [a{number + 1}]}}\n" for number in range(900))
    text = (
        f"version: 1\napps:\n{apps}  a900: {{path: a, environments: all}}\nenvironments: {{prod: {{cluster: prod}}}}\n"
    )
    assert len(read_config(text.encode()).targets()) == 901
    with pytest.raises(UserMistakes, match=r"a0 → prod/a1 → .*→ … → prod/a0"):
        read_config(text.replace("a900: {path: a,", "a900: {path: a, needs: [a0],").encode())


def test_on_the_default_branch_a_circle_is_waited_out_and_no_mistake_any_more() -> None:
    apps = "apps:\n  a: {path: a, environments: all, needs: [b]}\n  b: {path: b, environments: all, needs: [a]}\n"
    text = f"version: 1\n{apps}environments:\n  prod: {{cluster: prod}}\n".encode()
    assert len(read_config(text, merged=True).targets()) == 2
    with pytest.raises(UserMistakes):
        read_config(text)
