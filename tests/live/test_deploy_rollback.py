"""Going back at once to what ran healthily, on a real API server: nothing is deleted and nothing replaced for it."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from bot.comments.deployment import Standing, deployment_comment
from bot.delivery.returning import go_back, last_change
from bot.domain.commands import Command, Confirmation
from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.events import CommentWritten
from bot.domain.permissions import Person
from bot.domain.pulls import Role
from bot.domain.stops import Lock
from bot.domain.subjects import say_pull_job
from bot.planning.configs import config_at
from bot.ports.audit import Wanted
from bot.ports.forge import Forge
from fixtures.cluster.access import Access
from handlers.asking import Asked
from handlers.word import give_word
from tests.live.delivering import WEB, Delivering, delivering

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def bot(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivering]:
    with delivering(cluster, tmp_path_factory.mktemp("rollback")) as opened:
        opened.access.new_namespace(opened.prefix)
        yield opened


def settings(name: str, value: str, more: str = "") -> str:
    return (
        "apiVersion: v1\nkind: ConfigMap\n"
        f"metadata: {{name: {name}, annotations: {{plumbline.dev/replace: allowed}}}}\n{more}data: {{x: '{value}'}}\n"
    )


def back(bot: Delivering) -> Deployment:
    """A rollback of the newest change, to its end."""
    with bot.ports.ledger.begin() as tx:
        change = last_change(tx.deployments.of_target(bot.repository.key, WEB), WEB)
        row = go_back(tx, change, "ana", "it burns", 1.0)
    return bot.until(row, lambda each: each.state.ended)


def test_what_newer_commits_made_stays_whatever_the_rules_say_of_pruning(bot: Delivering) -> None:
    first = bot.commit({"web/a.yaml": settings("a", "1")})
    assert bot.deliver(first).state is DeploymentState.HEALTHY
    second = bot.commit({"web/a.yaml": settings("a", "2"), "web/b.yaml": settings("b", "1")})
    assert bot.deliver(second).state is DeploymentState.HEALTHY
    uid = bot.live("configmap")["b"]["metadata"]["uid"]
    row = back(bot)
    assert (row.state, row.commit, row.reason) == (DeploymentState.HEALTHY, first, "")
    live = bot.live("configmap")
    assert live["a"]["data"] == {"x": "1"}
    assert live["b"]["metadata"]["uid"] == uid
    assert "ConfigMap/b" in bot.kept()
    with bot.ports.ledger.begin() as tx:
        assert tx.locks.of(bot.repository.key) == [Lock("prod/web", "ana", "it burns", 1.0, rollback=True)]
    third = bot.commit({"web/b.yaml": None})
    row = bot.until(bot.due(third), lambda each: bool(each.conditions))
    assert row.conditions == (Condition(Wait.LOCK, "prod/web", "it burns", "ana"),)
    with bot.ports.ledger.begin() as tx:
        tx.locks.drop(bot.repository.key, "prod/web")
    assert bot.until(row, lambda each: each.state.ended).state is DeploymentState.HEALTHY
    assert "b" not in bot.live("configmap")
    with bot.ports.ledger.begin() as tx:
        noted = [(each.entry.action, each.entry.subject) for each in tx.audit.page(0, Wanted(), 100)]
    assert noted[-3:] == [("began", third), ("deleted", f"ConfigMap {bot.prefix}/b"), ("healthy", third)]


class NoTeams:
    """All of the port Permissions that is asked."""

    def in_team(self, login: str, team: str) -> bool:
        return False


def test_a_danger_that_nobody_saw_is_confirmed_by_command_on_the_pull_that_is_taken_back(bot: Delivering) -> None:
    first = bot.commit({"web/a.yaml": settings("a", "1"), "web/c.yaml": settings("c", "1")})
    assert bot.deliver(first).state is DeploymentState.HEALTHY
    change = replace(bot.due(bot.commit({"web/c.yaml": None})), pulls=(5,), heads=("",), rulers=(first,), direct=False)
    with bot.ports.ledger.begin() as tx:
        tx.deployments.save(change)
    assert bot.until(change, lambda each: each.state.ended).state is DeploymentState.HEALTHY
    theirs = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: {bot.prefix}}}\ndata: {{x: theirs}}\n"
    bot.access.apply_admin(theirs)
    with bot.ports.ledger.begin() as tx:
        row = go_back(tx, last_change(tx.deployments.of_target(bot.repository.key, WEB), WEB), "ana", "it burns", 1.0)
    row = bot.until(row, lambda each: each.state.ended or bool(each.conditions))
    assert row.progress.asked == (f"takeover ConfigMap {bot.prefix}/c",)
    told = deployment_comment([Standing(change, row)])[0]
    assert f"/plumb deploy prod/web --confirm {row.conditions[0].subject}" in told
    assert f"takeover ConfigMap {bot.prefix}/c" in told

    number, _, plan = row.conditions[0].subject.partition("@")
    config = config_at(bot.ports.workspace, bot.repository, first)
    assert config is not None
    said, person = CommentWritten(bot.repository, 5, 1), Person("ana", Role.MAINTAIN)
    forge = cast(Forge, SimpleNamespace(permissions=NoTeams()))
    asked = Asked(said, "command:1", person, config, bot.ports, forge)
    assert give_word(Command("deploy", confirmation=Confirmation(int(number), plan)), asked) == ""
    with bot.ports.ledger.begin() as tx:
        assert tx.jobs.due(say_pull_job(bot.repository.key, 5))
        tx.locks.drop(bot.repository.key, "prod/web")
    row = bot.until(row, lambda each: each.state.ended)
    assert (row.state, row.reason) == (DeploymentState.HEALTHY, "")
    assert bot.live("configmap")["c"]["data"] == {"x": "1"}


def test_what_would_have_to_be_replaced_ends_the_rollback(bot: Delivering) -> None:
    first = bot.commit({"web/fixed.yaml": settings("fixed", "1", "immutable: true\n")})
    assert bot.deliver(first).state is DeploymentState.HEALTHY
    second = bot.commit({"web/fixed.yaml": settings("fixed", "2", "immutable: true\n")})
    row = bot.until(bot.due(second), lambda each: each.state.ended or bool(each.conditions))
    if row.conditions:
        with bot.ports.ledger.begin() as tx:
            asked = row.conditions[0].subject
            tx.deployments.save(replace(row, confirmed=asked))
        row = bot.until(row, lambda each: each.state.ended)
    assert row.state is DeploymentState.HEALTHY
    uid = bot.live("configmap")["fixed"]["metadata"]["uid"]
    row = back(bot)
    assert row.state is DeploymentState.FAILED
    assert "would have to be replaced, which a rollback never does" in row.reason
    assert bot.live("configmap")["fixed"]["metadata"]["uid"] == uid
