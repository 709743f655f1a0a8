"""A scripted API server on loopback, for answers that a healthy one does not give on demand. It keeps what it got."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast


@dataclass(frozen=True)
class Got:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Say:
    """One answer. `hang_up` closes the connection instead."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False


def failure(code: int, message: str, reason: str = "", **details: Any) -> Say:
    """A refusal in the API's own form."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
    return Say(code, body | ({"reason": reason} if reason else {}) | ({"details": details} if details else {}))


class StandIn:
    """Answers with what `react` says to each request."""

    def __init__(self, react: Callable[[Got], Say]) -> None:
        self.got: list[Got] = []
        self.react = react
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        # A client that lost patience is part of the play, nothing to print.
        cast(Any, self._server).handle_error = lambda *_: None
        cast(Any, self._server).stand_in = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> "StandIn":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def kubeconfig(self, folder: Path, user: Mapping[str, Any] | None = None) -> Path:
        """Write (again) a kubeconfig that leads here, with this user entry."""
        path = folder / "kubeconfig"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "here", "user": dict(user or {"token": "first-token"})}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
        }
        path.write_text(json.dumps(config))
        return path


def scripted(*answers: Say) -> Callable[[Got], Say]:
    """These answers in turn; the last one for ever."""
    left = list(answers)
    lock = threading.Lock()

    def react(_: Got) -> Say:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return react


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        stand_in: StandIn = cast(Any, self.server).stand_in
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        got = Got(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        stand_in.got.append(got)
        said = stand_in.react(got)
        if said.hang_up:
            self.close_connection = True
            return
        payload = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        self.send_response(said.status)
        for name, value in {"Content-Type": "application/json", **said.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_PATCH = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""
