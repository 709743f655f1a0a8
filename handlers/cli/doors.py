"""`plumbline serve`, `door` and `work`: the long-running processes."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from starlette.applications import Starlette

from bot.log import start_logging
from bot.settings import read_settings
from bot.web.badge import Badges
from bot.web.door import door
from bot.web.metrics import Metrics
from bot.web.server import serve, served_aside
from bot.wiring import Wired, wire
from bot.worker import Every, Worker
from handlers import routes, schedule


def register(subparsers: Any) -> None:
    """Add the three subcommands to argparse's subparsers."""
    for name, run, says in (
        ("serve", run_serve, "take webhooks and do the work, in one process"),
        ("door", run_door, "only take webhooks"),
        ("work", run_work, "only do the work"),
    ):
        parser = subparsers.add_parser(
            name,
            help=says,
            description=f"{says.capitalize()}. Settings: PLUMBLINE_… environment variables, see the README.",
        )
        if name != "work":
            parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
            parser.add_argument("--port", type=int, default=8080, help="port to listen on (default %(default)s)")
        parser.set_defaults(run=run)


def run_serve(options: argparse.Namespace) -> int:
    """Door and worker in one process, until SIGTERM or SIGINT."""
    with _wired() as (wired, metrics):
        worker = _worker(wired, metrics)
        worker.start()
        try:
            serve(_door(wired), options.host, options.port)
        finally:
            worker.leave()
    return 0


def run_door(options: argparse.Namespace) -> int:
    """The door alone."""
    with _wired() as (wired, _):
        serve(_door(wired), options.host, options.port)
    return 0


def run_work(options: argparse.Namespace) -> int:
    """A worker alone; any number may run side by side on Postgres."""
    with _wired() as (wired, metrics):
        _worker(wired, metrics).work()
    return 0


@contextmanager
def _wired() -> Iterator[tuple[Wired, Metrics]]:
    """The bot, with the page of figures beside it if the operator wants one."""
    settings = read_settings()
    start_logging(settings.log_format, settings.secret_values())
    with ExitStack() as stack:
        wired = stack.enter_context(wire(settings))
        metrics = Metrics(wired.ports.ledger, wired.requests_left)
        if settings.metrics is not None:
            stack.enter_context(served_aside(metrics.app(), *settings.metrics))
        yield wired, metrics


def _door(wired: Wired) -> Starlette:
    ports = wired.ports
    return door(wired.doors, ports.ledger, wired.ready, Badges(ports.ledger, ports.fingerprint_key))


def _worker(wired: Wired, metrics: Metrics) -> Worker:
    sweeps = (
        Every("sweep", schedule.SWEEP_SECONDS, schedule.sweep),
        Every("prove", schedule.PROVE_SECONDS, schedule.prove),
        Every("forget", schedule.FORGET_SECONDS, schedule.forget),
        Every("orphans", schedule.ORPHANS_SECONDS, schedule.look_for_orphans),
        Every("poll", schedule.POLL_SECONDS, schedule.poll),
        Every("listen", schedule.LISTEN_SECONDS, schedule.listen),
    )
    worker = Worker(wired.queue(), wired.ports, routes.REACTIONS, routes.gave_up, sweeps)
    worker.observe = metrics.observe
    return worker
