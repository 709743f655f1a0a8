"""One repository of a world, as tests of the whole loop hold it: write files, open pulls, look at what is said."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.domain.deployments import Deployment
from bot.domain.inventory import InventoryRow
from bot.domain.subjects import Target, commit_key, pull_key
from bot.ledger.ledger import SqlLedger
from bot.ledger.tables import due
from bot.ports.ledger import Transaction
from fixtures.cluster.access import PATIENCE
from fixtures.cluster.audit import AuditEntry
from fixtures.forge.records import CheckRun, Comment
from fixtures.world import Granted, World

T = TypeVar("T")
Files = Mapping[str, str | bytes | None]

STAGING_THEN_PROD = """\
environments:
  staging: {cluster: demo}
  prod: {cluster: demo, after: [staging]}
"""
STAGING = "environments:\n  staging: {cluster: demo}\n"


def config(environments: str = STAGING, apps: Sequence[str] = ("web",)) -> str:
    """A `.plumbline.yaml` with plain apps under apps/<app>/<environment>, each in every environment."""
    lines = [f"  {app}: {{path: 'apps/{app}/{{environment}}', environments: all, renderer: plain}}\n" for app in apps]
    return "version: 1\napps:\n" + "".join(lines) + environments


def settings(namespace: str, app: str = "web", currency: str = "EUR") -> str:
    """A ConfigMap."""
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {app}-settings, namespace: {namespace}}}\n"
        f"data: {{CURRENCY: {currency}}}\n"
    )


def workload(namespace: str, app: str = "web", image: str = "web:1", ready_after: str = "") -> str:
    """A Deployment object of one pod; `ready_after` holds its rollout for so long, as in 5s."""
    held = f"      annotations: {{fixture.plumbline.dev/ready-after: {ready_after}}}\n" if ready_after else ""
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {app}, namespace: {namespace}}}\n"
        f"spec:\n  replicas: 1\n  selector: {{matchLabels: {{app: {app}}}}}\n"
        f"  template:\n    metadata:\n      labels: {{app: {app}}}\n{held}"
        f"    spec: {{containers: [{{name: {app}, image: 'registry.example/{image}'}}]}}\n"
    )


def wait_until(what: str, seen: Callable[[], object], seconds: float = PATIENCE, say: Callable[[], str] = str) -> float:
    """Wait until something is seen; the seconds it took. Raises AssertionError with what `say` knows of it."""
    began = time.monotonic()
    while not seen():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not seen within {seconds:.0f} s: {what}\n{say()}")
        time.sleep(0.1)
    return time.monotonic() - began


@dataclass
class Shop:
    """A granted repository. ana maintains it, bob writes, rita reads, olaf has nothing.

    `opened` is the bot's ledger, opened beside it for looking only.
    """

    world: World
    grant: Granted
    opened: SqlLedger
    number_of_branches: int = field(default=0)

    @property
    def path(self) -> str:
        """Owner and name."""
        return self.grant.repository

    @property
    def staging(self) -> str:
        """The namespace of the environment staging."""
        return self.grant.namespaces[0]

    @property
    def prod(self) -> str:
        """The namespace of the environment prod."""
        return self.grant.namespaces[1]

    @property
    def key(self) -> str:
        """How the ledger names the repository."""
        return f"github:{self.world.forge.repository(self.path).id}"

    # Making things happen

    def begin(self, files: Files | None = None, announce: bool = True) -> str:
        """Make the repository with these files (default: one app in staging), install the App; its first commit."""
        forge = self.world.forge
        first = {name: text for name, text in (files or self.app()).items() if text is not None}
        forge.add_repository(self.path, first)
        for login, role in (("ana", "maintain"), ("bob", "write"), ("rita", "read"), ("olaf", "none")):
            forge.add_user(login)
            forge.set_role(self.path, login, role)  # type: ignore[arg-type]
        forge.install_app(self.path.split("/")[0], repositories=[self.path], announce=announce)
        return self.tip()

    def app(self, image: str = "web:1", currency: str = "EUR", ready_after: str = "") -> dict[str, str | bytes | None]:
        """All files of one app in staging."""
        return {
            ".plumbline.yaml": config(),
            "apps/web/staging/settings.yaml": settings(self.staging, currency=currency),
            "apps/web/staging/web.yaml": workload(self.staging, image=image, ready_after=ready_after),
        }

    def both(self, image: str = "web:1", currency: str = "EUR") -> dict[str, str | bytes | None]:
        """All files of one app in staging and, after it, prod."""
        prod = {
            "apps/web/prod/settings.yaml": settings(self.prod, currency=currency),
            "apps/web/prod/web.yaml": workload(self.prod, image=image),
        }
        return {**self.app(image, currency), **prod, ".plumbline.yaml": config(STAGING_THEN_PROD)}

    def push(self, files: Files, branch: str = "main", by: str = "ana") -> str:
        """Commit files on a branch and push it; the commit."""
        return self.world.forge.push_branch(branch, files, by=by, repository=self.path)

    def pull(self, files: Files, by: str = "bob") -> int:
        """Open a pull with these files; its number."""
        self.number_of_branches += 1
        branch = f"change-{self.number_of_branches}"
        self.push(files, branch, by)
        return self.world.forge.open_pull(branch, by=by, repository=self.path)

    def merge(self, number: int, by: str = "ana", method: str = "squash") -> str:
        """Merge a pull; the commit it made."""
        return self.world.forge.merge(number, by=by, method=method, repository=self.path)

    def write(self, number: int, text: str, by: str = "ana") -> int:
        """Comment on a pull; the comment's id."""
        return self.world.forge.comment(number, text, by=by, repository=self.path)

    def lose_comment(self, number: int) -> None:
        """The next new comment on a pull does not reach the forge."""
        self.world.forge.faults.fail_before_effect(f"POST .*/{self.path}/issues/{number}/comments")

    # Looking

    def commenting(self, number: int) -> list[int]:
        """How the forge answered each try to make a new comment on a pull."""
        made = ("POST", f"/repos/{self.path}/issues/{number}/comments")
        return [each.status for each in self.world.forge.requests if (each.method, each.path) == made]

    def tip(self) -> str:
        """The default branch's commit."""
        return self.world.forge.tip(repository=self.path)

    def head(self, number: int) -> str:
        """A pull's head."""
        return self.world.forge.pull(number, self.path).head_sha

    def check(self, commit: str, name: str) -> CheckRun | None:
        """The newest check of a name on a commit."""
        runs = [run for run in self.world.forge.check_runs(commit, self.path) if run.name == name]
        return runs[-1] if runs else None

    def conclusion(self, commit: str, name: str = "plumbline/plan") -> str:
        """How a check ended, empty while it has not."""
        run = self.check(commit, name)
        return (run.conclusion or "") if run else ""

    def comments(self, number: int) -> list[Comment]:
        """What the bot wrote on a pull."""
        return [each for each in self.world.forge.comments(number, self.path) if each.author.endswith("[bot]")]

    def comment(self, number: int, slot: str) -> str:
        """The text of our comment in a slot, empty when there is none. There is never more than one."""
        found = [each.body for each in self.comments(number) if each.body.startswith(f"<!-- plumbline:{slot}:")]
        assert len(found) <= 1, found
        return found[0] if found else ""

    def forge_deployments(self, commit: str) -> dict[str, list[str]]:
        """By environment the states that the forge deployment of a commit went through. Never more than one each."""
        repository = self.world.forge.repository(self.path)
        found = [each for each in self.world.forge.deployments() if each.repository_id == repository.id]
        here = [each for each in found if each.sha == commit]
        assert len({each.environment for each in here}) == len(here), here
        return {each.environment: [status.state for status in each.statuses] or [""] for each in here}

    def reactions(self, number: int, comment: int) -> set[str]:
        """The reactions on a comment."""
        found = next(each for each in self.world.forge.comments(number, self.path) if each.id == comment)
        return {reaction.content for reaction in found.reactions}

    def ledger(self, read: Callable[[Transaction], T]) -> T:
        """What the bot's ledger knows."""
        with self.opened.begin() as tx:
            return read(tx)

    def rows(self, target: str = "staging/web") -> list[Deployment]:
        """The deployments of a target, oldest first."""
        return self.ledger(lambda tx: list(tx.deployments.of_target(self.key, Target.parse(target))))

    def state(self, target: str = "staging/web", commit: str = "") -> str:
        """The state of a target's newest deployment (of a commit), empty without one."""
        rows = [row for row in self.rows(target) if commit in ("", row.commit)]
        return rows[-1].state.value if rows else ""

    def inventory(self, target: str = "staging/web") -> dict[str, InventoryRow]:
        """The ledger's inventory by kind and name."""
        found = self.ledger(lambda tx: list(tx.inventory.of(self.key, Target.parse(target))))
        return {f"{row.object.kind}/{row.object.name}": row for row in found}

    def slots(self, number: int = 0, commit: str = "") -> list[str]:
        """What is noted as said under a pull or commit."""
        subject = pull_key(self.key, number) if number else commit_key(self.key, commit)
        return self.ledger(lambda tx: list(tx.slots.under(subject)))

    def due(self) -> list[str]:
        """Jobs about this repository that wait to start; not the weekly look, which is due at an hour of its own."""
        with self.opened.database.begin() as connection:
            keys = connection.execute(sa.select(due.c.key).where(due.c.name != "orphans")).scalars()
            return [key for key in keys if key.startswith(self.key)]

    def writes_of_checks(self) -> list[str]:
        """Every write of a check here so far."""
        path = f"/repos/{self.path}/check-runs"
        asked = [each for each in self.world.forge.requests if each.path.startswith(path)]
        return [f"{each.method} {each.path}" for each in asked if each.method != "GET"]

    def planned(self, number: int) -> str:
        """What the bot has made up its mind to about a pull, empty while it has not looked."""
        row = self.ledger(lambda tx: tx.plans.get(self.key, number))
        return row.status if row else ""

    def delivered(self) -> str:
        """The tip of the default branch whose deployments the bot has made."""
        known = self.ledger(lambda tx: tx.repositories.get(self.key))
        return known.tip if known else ""

    def live(self, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
        """An object of the cluster, empty when it is not there."""
        found = self.world.cluster.get(kind, "-n", namespace or self.staging, f"--field-selector=metadata.name={name}")
        return found["items"][0] if found["items"] else {}

    def images(self, namespace: str = "") -> set[str]:
        """The images of the running pods."""
        pods = self.world.cluster.get("pods", "-n", namespace or self.staging)["items"]
        running = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        return {
            each["image"].removeprefix("registry.example/") for pod in running for each in pod["spec"]["containers"]
        }

    def audit(self, identity: str = "apply") -> list[AuditEntry]:
        """What one of the repository's identities asked of the cluster."""
        user = f"system:serviceaccount:plumbline:{identity}-{self.grant.accounts}"
        return self.world.cluster.audit(user)

    def inventory_map(self, target: str = "staging/web") -> tuple[str, list[dict[str, Any]]]:
        """The ApplySet id of a target's inventory in the cluster, and its rows."""
        maps = self.world.cluster.get("configmap", "-n", "plumbline")["items"]
        subject = f"{self.key} {target}"
        found = next(each for each in maps if subject in (each["metadata"].get("annotations") or {}).values())
        rows = [json.loads(line) for line in found["data"]["rows"].splitlines()]
        return found["metadata"]["labels"]["applyset.kubernetes.io/id"], rows

    # Waiting

    def wait_check(
        self, commit: str, name: str = "plumbline/plan", end: str = "success", seconds: float = PATIENCE
    ) -> float:
        """Wait until a check has ended like this; the seconds."""
        what = f"{name} on {commit[:7]} of {self.path} is {end}"
        return wait_until(what, lambda: self.conclusion(commit, name) == end, seconds, lambda: self.all_said(commit))

    def wait_deployed(self, commit: str, *environments: str, seconds: float = PATIENCE) -> float:
        """Wait until a commit's deployments are healthy there (default: staging); the seconds."""
        names = environments or ("staging",)
        return sum(self.wait_check(commit, f"plumbline/deploy/{each}", "success", seconds) for each in names)

    def wait_plan(self, number: int, words: str = "### Plan:", seconds: float = PATIENCE) -> float:
        """Wait until the plan comment of a pull says something and its check has ended; the seconds."""

        def seen() -> bool:
            return words in self.comment(number, "plan") and bool(self.conclusion(self.head(number)))

        what = f"{words!r} in the plan of {self.path}#{number}"
        return wait_until(what, seen, seconds, lambda: self.comment(number, "plan"))

    def all_said(self, commit: str) -> str:
        """Every check of a commit and the end of the bot's log, for a failing test."""
        runs = self.world.forge.check_runs(commit, self.path)
        checks = [f"{run.name}: {run.status} {run.conclusion} {run.title}" for run in runs]
        return "\n".join([*checks, self.world.log()[-2000:]])
