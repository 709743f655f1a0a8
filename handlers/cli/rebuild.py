"""`plumbline rebuild`: brings environments whose cluster was lost to the state of Git, in order; may be repeated."""

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.domain.config import Config, DeployMode
from bot.domain.deployments import Deployment
from bot.domain.errors import UserMistake
from bot.domain.inventory import InventoryRow
from bot.domain.subjects import Target
from bot.planning.access import granted
from bot.planning.observe import WORKERS
from bot.ports.clusters import ClusterUnreachable, PlanCluster, Refused
from bot.ports.ledger import KnownRepository
from bot.ports.world import Ports
from bot.settings import read_settings
from bot.wiring import wire
from handlers.cli.deploy import add_following, delivered, queued
from handlers.cli.following import Following


def register(subparsers: Any) -> None:
    """Add the subcommand to argparse's subparsers."""
    parser = subparsers.add_parser(
        "rebuild",
        help="bring environments whose cluster was lost to the state of Git",
        description="Deploy every target of these environments whose objects are gone, in the order of `needs` and "
        "`after`, and follow until each is healthy. What is there already is left alone and nothing is deleted, so it "
        "may be run again until it is done. First apply the output of `plumbline manifests` to the new cluster. Exit "
        "code: 0 all is healthy, 1 something is not, or not in time.",
    )
    parser.add_argument("environments", nargs="+", metavar="ENVIRONMENT", help="as in prod")
    add_following(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Start and follow. Raises UserMistake for an environment that is not there or not granted."""
    with wire(read_settings()) as wired:
        ports = wired.ports
        known, config = delivered(ports, options.repository)
        order = targets_in_order(config, options.environments)
        rebuilding = Rebuilding(ports, known, config)
        try:
            healthy = Following(ports.ledger, rebuilding.start, order).follow(options.timeout)
        except ClusterUnreachable as away:
            raise UserMistake(str(away), "run it again when that is mended") from None
        return 0 if healthy else 1


def targets_in_order(config: Config, environments: list[str]) -> dict[Target, frozenset[Target]]:
    """The targets of environments, each with those it comes after, among them. Raises UserMistake for a wrong name."""
    for name in environments:
        if name not in config.environments:
            known = ", ".join(config.environments) or "none"
            raise UserMistake(f"there is no environment {name}", f"environments: {known}")
    chosen = {
        target
        for target in config.targets()
        if target.environment in environments and config.environment(target).deploy is not DeployMode.NEVER
    }
    order = {}
    for target in chosen:
        after = {Target(name, target.app) for name in config.environment(target).after}
        needs = {Target(target.environment, name) for name in config.app(target).needs}
        order[target] = frozenset((after | needs) & chosen)
    return order


class Rebuilding:
    """One run over one repository."""

    def __init__(self, ports: Ports, known: KnownRepository, config: Config) -> None:
        self._ports, self._known, self._config = ports, known, config

    def start(self, target: Target) -> Deployment | None:
        """Deploy a target again unless all it had made is there. Raises UserMistake and ClusterUnreachable."""
        with self._ports.ledger.begin() as tx:
            rows = tx.deployments.of_target(self._known.repository.key, target)
            inventory = [row for row in tx.inventory.of(self._known.repository.key, target) if not row.hook]
        if not rows:
            print(f"{target}: was never deployed")
            return None
        if rows[-1].state.ended and (lost := self._lost(target, inventory)) is not None:
            if not lost:
                print(f"{target}: is there")
                return None
            print(f"{target}: {lost} of {len(inventory)} objects are gone")
        return queued(self._ports, self._known, target)

    def _lost(self, target: Target, inventory: Sequence[InventoryRow]) -> int | None:
        """How many of a target's objects are gone; None when their inventory is gone as well."""
        environment = self._config.environment(target)
        cluster, grant = granted(self._ports, self._known.repository, environment)
        api = self._ports.clusters.plan(cluster, grant)
        there = self._ports.clusters.inventories(cluster).read(self._known.repository.key, target)
        if there is None:
            return None
        with ThreadPoolExecutor(WORKERS) as pool:
            return sum(pool.map(lambda row: _gone(api, row), inventory))


def _gone(api: PlanCluster, row: InventoryRow) -> bool:
    """Whether an object that we made is not there, or is another of that name."""
    key = row.object
    resource = api.resource(key.of)
    live = api.get(resource, key.namespace, key.name) if resource is not None else None
    if live is None or isinstance(live, Refused):
        return True
    return bool(live["metadata"].get("uid") != row.uid)
