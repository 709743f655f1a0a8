"""Holds an application open on a port until the process is asked to stop."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

GRACE_SECONDS = 10
MOST_AT_ONCE = 500
"""Connections and requests at one time; more are answered 503."""

TURN_SECONDS = 0.0005
"""How long a thread that computes keeps the interpreter while others wait for it: an answer takes some ten turns, and
Python's own 5 ms for each are too long beside a worker that plans."""


def serve(app: Starlette, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then let requests under way end. For the main thread.

    Returns in the ordinary way, so that what comes after it (stopping the worker) is reached. Raises SystemExit when
    the address is taken.
    """
    sys.setswitchinterval(TURN_SECONDS)
    # uvicorn raises the signal again once it has stopped: it must find a handler that lets the process live on.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    uvicorn.Server(config).run()


@contextmanager
def served_aside(app: Starlette, host: str, port: int) -> Iterator[None]:
    """Serve in a thread for as long as the context is open. An address that is taken ends only this server."""
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, server_header=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="plumbline-metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=GRACE_SECONDS)
