"""Holds an application open on a port until the process is asked to stop."""

import signal

import uvicorn
from starlette.applications import Starlette

GRACE_SECONDS = 10
MOST_AT_ONCE = 500
"""Connections and requests at one time; more are answered 503."""


def serve(app: Starlette, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then let requests under way end. For the main thread.

    Returns in the ordinary way, so that what comes after it (stopping the worker) is reached. Raises SystemExit when
    the address is taken.
    """
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
