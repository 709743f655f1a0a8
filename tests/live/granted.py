"""Planning as the bot does it, by grant and with a ledger, on a scratch repository and a guarded cluster."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from bot.domain.grants import Clusters
from bot.domain.plans import Plan, TargetPlan
from bot.domain.pulls import Repository
from bot.domain.subjects import Target
from bot.ledger.ledger import SqlLedger, open_ledger
from bot.planning.access import GrantedAccess
from bot.planning.make import Planner, PlanRequest, make_plan
from bot.ports.clusters import Clusters as Opens
from bot.ports.world import Ports
from bot.wiring import SystemClock, local
from tests.live.conftest import KEY, Guarded
from tests.live.planned import Scratch, plumbline

WEB = Target("prod", "web")
SHOP = Repository("github", 12, "acme/shop", 1)


@dataclass(frozen=True)
class Granted:
    """Plans commits of a repository that the guarded cluster is granted to."""

    planner: Planner
    ports: Ports
    ledger: SqlLedger

    def plan(self, base: str, head: str) -> Plan:
        """The plan of two commits, of every target. Accesses are opened anew, as for each pull."""
        self.planner.rendering.workspace.fetch(SHOP, base, head)
        planner = replace(self.planner, accesses=GrantedAccess(self.ports, SHOP))
        plan = make_plan(PlanRequest(SHOP, base, head, head, everything=True), planner)
        assert plan is not None
        return plan

    def sent(self, scratch: Scratch, commit: str) -> str:
        """The objects of prod/web at a commit as the bot sends them, with the label of its own inventory."""
        where = ("--repo", scratch.folder, "--revision", commit, "--repository", SHOP.key)
        (cluster,) = self.ports.operator.clusters.values()
        label = self.ports.clusters.inventories(cluster).name_of(SHOP.key, WEB).applyset
        return re.sub(r"applyset-[\w-]+-v1", label, plumbline("render", str(WEB), *where).out)

    def row(self, base: str, head: str) -> TargetPlan:
        """The only target's row of that plan."""
        (row,) = self.plan(base, head).targets
        return row


@contextmanager
def granted(guarded: Guarded, scratch: Scratch, folder: Path, clusters: Opens | None = None) -> Iterator[Granted]:
    """The planner, with a ledger of its own below a folder. `clusters` opens clusters in other ways."""
    with local(scratch.folder, SHOP.key) as here:
        ledger = open_ledger(f"sqlite:///{folder}/granted.db")
        rendering = here.planner.rendering
        ports = Ports(
            clock=SystemClock(),
            ledger=ledger,
            forges=cast(Any, None),
            workspace=rendering.workspace,
            renderer=rendering.renderer,
            renders=rendering.cache,
            clusters=clusters or guarded.clusters,
            operator=Clusters({guarded.entry.name: guarded.entry}),
            fingerprint_key=KEY,
        )
        try:
            yield Granted(here.planner, ports, ledger)
        finally:
            ledger.close()
