"""acme/shop on the test forge with a ledger that can die, for trying what the bot says about it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from bot.comments.checks import PLAN
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.plans import Plan
from bot.domain.pulls import Repository
from bot.domain.subjects import Target, say_commit_job, say_pull_job
from bot.forges.github.app import App
from bot.forges.github.github import GitHub
from bot.ledger.ledger import SqlLedger, open_ledger
from bot.ports.ledger import PullRow, Transaction
from bot.ports.world import Ports
from fixtures.forge.stage import Stage
from handlers.say import say_commit, say_pull
from tests.comments.samples import WEB_UPDATE, row
from tests.comments.samples import plan as sample


class Killed(BaseException):
    """The process is gone."""


@dataclass
class CrashingLedger:
    """A ledger that dies instead of beginning one of its transactions, as kill -9 would have it."""

    ledger: SqlLedger
    left: int = -1
    begun: int = field(default=0, init=False)

    def begin(self) -> AbstractContextManager[Transaction]:
        """The next transaction, or the end."""
        self.begun += 1
        if self.left == 0:
            raise Killed
        self.left -= 1
        return self.ledger.begin()


@dataclass
class Trees:
    """A workspace whose every commit holds this config and nothing else."""

    config: bytes | None = None

    def read(self, repository: Repository, commit: str, path: str) -> bytes | None:
        """The config."""
        return self.config


@dataclass
class Saying:
    """acme/shop with an open pull, a ledger, and the two reactions under test."""

    stage: Stage
    ledger: CrashingLedger
    ports: Ports
    trees: Trees
    shop: Repository
    number: int

    @property
    def head(self) -> str:
        return self.stage.forge.pull(self.number).head_sha

    def put(self, status: str, plan: Plan | None = None, **more: Any) -> None:
        """What the planning reaction leaves behind."""
        found = replace(plan, head=self.head) if plan else None
        with self.ledger.ledger.begin() as tx:
            before = tx.plans.get(self.shop.key, self.number)
            kept = found or (before.plan if before else None)
            tx.plans.put(self.shop.key, PullRow(self.number, self.head, "b" * 40, status, kept, **more))

    def say(self) -> None:
        """The reaction, as the queue would run it."""
        say_pull(say_pull_job(self.shop.key, self.number), self.ports)

    def say_commit(self, commit: str) -> None:
        """The other one."""
        say_commit(say_commit_job(self.shop.key, commit), self.ports)

    def deploy(self, commit: str, name: str, state: DeploymentState, **more: Any) -> Deployment:
        """A deployment as delivery would have brought it that far."""
        new = Deployment(
            0,
            self.shop.key,
            Target.parse(name),
            commit,
            1,
            0,
            DeploymentState.WAITING,
            pulls=(self.number,),
            changed=100.0,
        )
        with self.ledger.ledger.begin() as tx:
            added = tx.deployments.add(new)
        assert added is not None
        return self.move(added, state, **more)

    def move(self, added: Deployment, state: DeploymentState, **more: Any) -> Deployment:
        """The same deployment in another state, by the steps that lead there."""
        stages = DeploymentState
        path = [stages.WAITING, stages.CONFIRMING, stages.APPLYING, stages.SETTLING, stages.HEALTHY]
        steps = path[path.index(added.state) + 1 : path.index(state) + 1] if state in path else [state]
        steps = steps or [state]
        for step in steps:
            added = replace(added, state=step, **(more if step is state else {}))
            with self.ledger.ledger.begin() as tx:
                tx.deployments.save(added)
        return added

    def bodies(self) -> list[str]:
        """The texts of our comments, without their markers."""
        return [each.body.partition("\n")[2] for each in self.stage.forge.comments(self.number) if each.by_app]

    def checks(self, name: str = PLAN, commit: str = "") -> list[tuple[str, str | None, str | None]]:
        """Status, conclusion and title of our checks, oldest first."""
        runs = self.stage.forge.check_runs(commit or self.head)
        return [
            (run.status, run.conclusion, run.title) for run in sorted(runs, key=lambda run: run.id) if run.name == name
        ]

    def writes(self) -> int:
        """REST calls so far that change something."""
        return sum(
            1
            for each in self.stage.forge.requests
            if each.method in ("POST", "PATCH", "DELETE") and "/access_tokens" not in each.path
        )


@contextmanager
def made(stage: Stage, folder: Path) -> Iterator[Saying]:
    """Everything in place, with the ledger in that folder; taken down afterwards."""
    found = stage.forge.repository("acme/shop")
    shop = Repository("github", found.id, found.full_name, stage.installation.id)
    github = GitHub(App(stage.forge.app.id, stage.forge.app.private_key, stage.forge.url))
    ledger = CrashingLedger(open_ledger(f"sqlite:///{folder}/plumbline.db"))
    trees = Trees()
    ports = SimpleNamespace(
        clock=SimpleNamespace(now=lambda: 200.0),
        ledger=ledger,
        forges=github,
        fingerprint_key=b"k" * 32,
        workspace=trees,
    )
    with ledger.ledger.begin() as tx:
        tx.repositories.see(shop)
    yield Saying(stage, ledger, cast(Ports, ports), trees, shop, stage.open_pull())
    github.close()
    ledger.ledger.close()


CHANGE = sample(row("prod/web", WEB_UPDATE))
