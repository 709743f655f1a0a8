"""An application on a real socket, in a thread, so that tests meet it as the network does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from tests.waiting import until


@contextmanager
def served(app: Starlette) -> Iterator[tuple[str, int]]:
    """Host and port where it listens for as long as the context is open."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        until(lambda: server.started)
        yield listening.getsockname()
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
