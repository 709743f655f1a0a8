"""What a pull that changes rules is told: environment, key, before and after, and whether it loosens them."""

import pytest

from bot.domain.config_changes import RuleChange, rule_changes, without_effect
from bot.domain.config_reader import read_config

CONFIG = """\
version: 1
apps:
  web: {path: web, environments: [prod] MORE}
environments:
  staging: {cluster: staging}
  prod: {cluster: prod RULES}
"""


def changes(before: str, after: str, app_before: str = "", app_after: str = "") -> tuple[RuleChange, ...]:
    texts = ((before, app_before), (after, app_after))
    read = [read_config(CONFIG.replace(" RULES", rules).replace(" MORE", more).encode()) for rules, more in texts]
    return rule_changes(*read)


LOOSER = {
    "fewer approvals": (", approvals: 2", ", approvals: 1", "approvals"),
    "a lower role": ("", ", deployers: {permission: write}", "deployers"),
    "another user": (", deployers: {users: [ana]}", ", deployers: {users: [ana, bob]}", "deployers"),
    "another team": (", deployers: {teams: [acme/a]}", ", deployers: {teams: [acme/b]}", "deployers"),
    "a role where only people were named": (
        ", deployers: {users: [ana]}",
        ", deployers: {users: [ana], permission: admin}",
        "deployers",
    ),
    "on merge": (", deploy: on-command", ", deploy: on-merge", "deploy"),
    "no longer never": (", deploy: never", ", deploy: on-command", "deploy"),
    "no order": (", after: [staging]", "", "after"),
    "no window": (', windows: [{deny: "0 16 * * 5", for: 64h}]', "", "windows"),
    "a longer time to deploy": (
        ', windows: [{allow: "0 9 * * 1", for: 8h}]',
        ', windows: [{allow: "0 9 * * 1", for: 8h}, {allow: "0 9 * * 2", for: 8h}]',
        "windows",
    ),
    "prune always": ("", ", prune: always", "prune"),
    "a higher share": ("", ", confirm_over: 50%", "confirm_over"),
}


@pytest.mark.parametrize("what", LOOSER)
def test_what_loosens_a_rule_is_told_and_its_reverse_is_only_a_change(what: str) -> None:
    before, after, key = LOOSER[what]
    (change,) = changes(before, after)
    assert (change.where, change.key, change.loosens) == ("prod", key, True)
    (back,) = changes(after, before)
    assert (back.key, back.before, back.after) == (key, change.after, change.before)
    assert back.loosens == (what == "another team"), "another team may deploy then too"


def test_sides_are_written_as_people_write_them() -> None:
    (change,) = changes(", deployers: {users: [ana], teams: [acme/sre]}", ", deployers: {permission: write}")
    assert (change.before, change.after) == ("{teams: [acme/sre], users: [ana]}", "{permission: write}")


def test_windows_that_only_take_time_away_loosen_nothing() -> None:
    deny, allow = '{deny: "0 16 * * 5", for: 64h}', '{allow: "0 9 * * 1", for: 8h}'
    for before, after in (("", f", windows: [{allow}]"), (f", windows: [{allow}]", f", windows: [{allow}, {deny}]")):
        (change,) = changes(before, after)
        assert not change.loosens


def test_an_override_is_told_for_its_target_and_not_again_for_its_environment() -> None:
    (change,) = changes("", "", "", ", overrides: {prod: {approvals: 1}}")
    assert (change.where, change.before, change.after, change.loosens) == ("prod/web", "0", "1", False)
    (general,) = changes(", approvals: 2", ", approvals: 1")
    assert general.where == "prod"
    (one,) = changes(", approvals: 2", ", approvals: 2", "", ", overrides: {prod: {approvals: 0}}")
    assert (one.where, one.loosens) == ("prod/web", True)


def test_more_to_take_over_from_loosens() -> None:
    (change,) = changes("", "", "", ", takeover: {from: [helm]}")
    assert (change.where, change.key, change.after, change.loosens) == ("prod/web", "takeover", "[helm]", True)


def test_a_new_app_that_brings_overrides_is_held_against_its_environment() -> None:
    text = CONFIG.replace(" RULES", ", approvals: 2").replace(" MORE", "")
    more = text.replace(
        "environments:\n",
        "  new: {path: new, environments: [prod], overrides: {prod: {approvals: 0}}}\nenvironments:\n",
        1,
    )
    (change,) = rule_changes(read_config(text.encode()), read_config(more.encode()))
    assert (change.where, change.loosens) == ("prod/new", True)


def test_environments_that_come_or_go_and_commands_are_told() -> None:
    text = CONFIG.replace(" RULES", "").replace(" MORE", "")
    after = text.replace("staging: {cluster: staging}", "test: {cluster: test}").replace(
        "version: 1", "version: 1\ncommands: {short: true}"
    )
    found = [
        (each.where, each.key, each.after)
        for each in rule_changes(read_config(text.encode()), read_config(after.encode()))
    ]
    assert found == [
        ("", "commands.short", "true"),
        ("staging", "environment", "none"),
        ("test", "environment", "cluster test"),
    ]


def test_what_has_no_effect_yet_is_named_once() -> None:
    text = CONFIG.replace(" RULES", ", drift: heal, url: 'https://{app}.acme.io'").replace(" MORE", "")
    assert without_effect(read_config(text.encode())) == (("prod", "drift: heal"),)
    assert without_effect(read_config(CONFIG.replace(" RULES", "").replace(" MORE", "").encode())) == ()
