"""The door: a forge's webhook comes in, is proven, noted together with its job, and answered.

Order matters: how long it may be, who signed it, what it says, then one transaction. 202 is said only once delivery and
job are on disk, since a forge does not send again what was accepted. Nothing is done about an event in here.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.domain.errors import TryLater
from bot.ports.doors import ForgeDoor
from bot.ports.ledger import Ledger
from bot.web.badge import Badges

MOST_BYTES: Final = 25 * 1024 * 1024
"""GitHub's own limit for a payload (docs.github.com, "Webhook events and payloads")."""

MOST_BYTES_AT_ONCE: Final = 2 * MOST_BYTES
"""Bytes of all bodies held at one time, so that unproven senders cannot fill the memory."""

READ_SECONDS: Final = 20.0
LEDGER_SECONDS: Final = 8.0
"""GitHub waits ten seconds for an answer."""


class _Refusal(Exception):
    """Ends a request with a short plain answer."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.answer = PlainTextResponse(f"{words}\n", status)


class Door:
    """The door's HTTP endpoints. `doors` by the forge's name in the address; `ready` says whether the ledger is."""

    def __init__(self, doors: Mapping[str, ForgeDoor], ledger: Ledger, ready: Callable[[], bool]) -> None:
        self._doors = doors
        self._ledger = ledger
        self._ready = ready
        self._held = 0

    async def webhook(self, request: Request) -> Response:
        """POST /webhooks/{forge}: 202 with the delivery's id, or 400, 401, 404, 408, 413, 503 in plain words."""
        body = bytearray()
        try:
            forge = self._doors.get(request.path_params["forge"])
            if forge is None:
                raise _Refusal(404, "no such forge here")
            await self._read(request, body)
            headers = {name.lower(): value for name, value in request.headers.items()}
            async with asyncio.timeout(LEDGER_SECONDS):
                delivery = await to_thread.run_sync(self._take, forge, headers, bytes(body), abandon_on_cancel=True)
        except _Refusal as refusal:
            return refusal.answer
        except (TryLater, TimeoutError):
            return PlainTextResponse("the ledger does not answer, send it again\n", 503, {"Retry-After": "10"})
        except ClientDisconnect:
            return Response(status_code=400)
        finally:
            self._held -= len(body)
        return JSONResponse({"delivery": delivery}, 202)

    async def alive(self, _request: Request) -> Response:
        """GET /healthz: the process answers."""
        return PlainTextResponse("ok\n")

    async def ready(self, _request: Request) -> Response:
        """GET /readyz: 200 when the database answers and its tables are those of this version, else 503."""
        try:
            async with asyncio.timeout(LEDGER_SECONDS):
                if await to_thread.run_sync(self._ready, abandon_on_cancel=True):
                    return PlainTextResponse("ready\n")
        except TimeoutError:
            pass
        return PlainTextResponse("the ledger does not answer or is not migrated\n", 503)

    async def _read(self, request: Request, body: bytearray) -> None:
        """Fill in the body, never with more than allowed: declared length first, then what really comes."""
        declared = request.headers.get("content-length", "0")
        if not declared.isdecimal() or len(declared) > 12:
            raise _Refusal(400, "content-length is not a number")
        if int(declared) > MOST_BYTES:
            raise _Refusal(413, f"the body is over {MOST_BYTES} bytes")
        try:
            async with asyncio.timeout(READ_SECONDS):
                async for chunk in request.stream():
                    body += chunk
                    self._held += len(chunk)
                    if len(body) > MOST_BYTES:
                        raise _Refusal(413, f"the body is over {MOST_BYTES} bytes")
                    if self._held > MOST_BYTES_AT_ONCE:
                        raise _Refusal(503, "too much at once, send it again")
        except TimeoutError:
            raise _Refusal(408, "the body did not come in time") from None

    def _take(self, forge: ForgeDoor, headers: Mapping[str, str], body: bytes) -> str:
        """Prove, read and note one delivery; its id. In a thread: hashing, parsing and the database block."""
        if not forge.verify(headers, body):
            raise _Refusal(401, "the signature is missing or wrong")
        try:
            parsed = forge.parse(headers, body)
        except (ValueError, RecursionError):
            # RecursionError: JSON nested deeper than the parser goes.
            raise _Refusal(400, "the delivery cannot be read") from None
        with self._ledger.begin() as transaction:
            job = transaction.deliveries.accept(parsed.id, parsed.event)
            if job is not None:
                transaction.jobs.put(job)
        return parsed.id


def door(
    doors: Mapping[str, ForgeDoor], ledger: Ledger, ready: Callable[[], bool], badges: Badges | None = None
) -> Starlette:
    """The door as an ASGI application. `doors` by the name in the address: `{"github": …}`."""
    endpoints = Door(doors, ledger, ready)
    routes = [
        Route("/webhooks/{forge}", endpoints.webhook, methods=["POST"]),
        Route("/healthz", endpoints.alive, methods=["GET"]),
        Route("/readyz", endpoints.ready, methods=["GET"]),
    ]
    if badges is not None:
        routes.append(Route("/badge/{forge}/{path:path}/{environment}.svg", badges.picture, methods=["GET"]))
    return Starlette(routes=routes)
