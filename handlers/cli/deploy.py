"""`plumbline deploy`: queues the default branch's tip for targets, and follows until it has ended."""

import argparse
import time
from typing import Any

from bot.delivery.repeating import deliver_again
from bot.domain.config import Config, DeployMode
from bot.domain.deployments import Deployment
from bot.domain.errors import UserMistake
from bot.domain.subjects import Target, branch_job
from bot.planning.configs import config_at
from bot.ports.ledger import KnownRepository
from bot.ports.world import Ports
from bot.settings import read_settings
from bot.wiring import wire
from handlers.cli.following import Following
from handlers.cli.named import repository_named, target_named
from handlers.deploy import NEEDS

DELIVERY_SECONDS = 60.0


def register(subparsers: Any) -> None:
    """Add the subcommand to argparse's subparsers."""
    parser = subparsers.add_parser(
        "deploy",
        help="deploy the default branch's tip to targets, and follow it",
        description="Give the word for the default branch's tip and follow until each target is healthy. A running "
        "worker does the work, and every other condition holds as ever. Exit code: 0 all are healthy, 1 one is not, or "
        "not in time.",
    )
    parser.add_argument("targets", nargs="+", metavar="TARGET", help="environment/app, as in prod/web")
    add_following(parser)
    parser.set_defaults(run=run)


def add_following(parser: Any) -> None:
    """Add the options of every command that follows deployments."""
    parser.add_argument("--repository", default="", metavar="FORGE:PATH", help="needed when the bot knows several")
    parser.add_argument("--timeout", type=float, default=3600.0, metavar="SECONDS", help="default: %(default).0f")


def run(options: argparse.Namespace) -> int:
    """Queue and follow. Raises UserMistake for targets that are not deployed from here."""
    targets = [target_named(text) for text in options.targets]
    with wire(read_settings()) as wired:
        ports = wired.ports
        known, config = delivered(ports, options.repository)
        for target in targets:
            if not config.names(target) or config.environment(target).deploy is DeployMode.NEVER:
                names = ", ".join(str(each) for each in config.targets()) or "none"
                raise UserMistake(f"{target} is not deployed from {known.repository.path}", f"its targets: {names}")

        def start(target: Target) -> Deployment:
            return queued(ports, known, target)

        following = Following(ports.ledger, start, {target: frozenset() for target in targets})
        return 0 if following.follow(options.timeout) else 1


def delivered(ports: Ports, named: str) -> tuple[KnownRepository, Config]:
    """A repository whose deployments are made up to the branch's tip as the forge has it now, and the config there.

    Raises UserMistake when that takes too long: no worker runs, or the config cannot be read.
    """
    known = repository_named(ports.ledger, named)
    with ports.forges.open(known.repository, *NEEDS) as forge:
        branch, tip = forge.pulls.default_branch()
    until = time.monotonic() + DELIVERY_SECONDS
    while known.tip != tip:
        with ports.ledger.begin() as tx:
            known = tx.repositories.get(known.repository.key) or known
            if known.tip != tip:
                tx.jobs.put(branch_job(known.repository.key))
        if time.monotonic() > until:
            remedy = "see that a worker runs and that .plumbline.yaml can be read"
            raise UserMistake(f"nobody took up {tip[:7]}, the tip of {branch}", remedy)
        time.sleep(0.5)
    ports.workspace.fetch(known.repository, tip, branch=branch)
    config = config_at(ports.workspace, known.repository, tip, merged=True)
    if config is None:
        raise UserMistake(f"{known.repository.path} has no .plumbline.yaml", "add one, see the README")
    return known, config


def queued(ports: Ports, known: KnownRepository, target: Target) -> Deployment:
    """The target's deployment of the tip, with the operator's word. Raises UserMistake where it never had one."""
    with ports.ledger.begin() as tx:
        rows = tx.deployments.of_target(known.repository.key, target)
        if not rows:
            raise UserMistake(f"{target} has no deployment yet", "see what the commit's checks say of it")
        return deliver_again(tx, rows, ports.clock.now())
