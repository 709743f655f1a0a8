"""Serves a folder of repositories over HTTP with git's own backend, and notes who asked and what could be seen then."""

import base64
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit


class Served:
    """What a server saw: the Authorization headers, and every command line on the machine at each request."""

    def __init__(self) -> None:
        self.url = ""
        self.authorizations: list[str | None] = []
        self.command_lines: list[bytes] = []
        self.redirect = ""


@contextmanager
def serve_git(folder: Path, token: str) -> Iterator[Served]:
    """A server on a free port of loopback that wants `x-access-token:TOKEN`, for as long as the context is open."""
    served = Served()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folder, token, served))
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(folder: Path, token: str, served: Served) -> type[BaseHTTPRequestHandler]:
    wanted = "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.authorizations.append(self.headers["Authorization"])
            served.command_lines += _command_lines()
            if served.redirect:
                self.send_response(302)
                self.send_header("Location", served.redirect + self.path)
                self.end_headers()
            elif self.headers["Authorization"] != wanted:
                self.send_error(401)
            else:
                self._backend()

        do_POST = do_GET

        def _backend(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            asked = _question(folder, self.command, self.path, self.headers)
            answer = subprocess.run(["git", "http-backend"], env=asked, input=body, capture_output=True, timeout=60)
            head, _, content = answer.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(fields.pop("Status", "200")[:3]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


def _question(folder: Path, method: str, path: str, headers: Message) -> dict[str, str]:
    """A request as git's backend takes it, in its environment."""
    url = urlsplit(path)
    return {
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": url.path,
        "QUERY_STRING": url.query,
        "REQUEST_METHOD": method,
        "CONTENT_TYPE": headers["Content-Type"] or "",
        "HTTP_CONTENT_ENCODING": headers["Content-Encoding"] or "",
        "GIT_PROTOCOL": headers["Git-Protocol"] or "",
        "PATH": os.environ["PATH"],
    }


def _command_lines() -> list[bytes]:
    """The arguments of every process, as anyone on the machine can read them."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(process.read_bytes())
        except OSError:
            continue
    return found
