"""The golden table of the Gateway API: conditions of each listener and each parent, and of which version."""

from typing import Any

import pytest

from fixtures.health.rows import Row, ago, made, of, off, on

CLASS = "GatewayClass.gateway.networking.k8s.io"


def listener(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"name": "https", "conditions": list(conditions)}


def gateway(*listeners: dict[str, Any], conditions: Any = None) -> dict[str, Any]:
    whole = conditions or [on("Accepted"), on("Programmed")]
    return made("gateway.networking.k8s.io/v1", "Gateway", {"conditions": whole, "listeners": list(listeners)}, {})


def route(*parents: list[dict[str, Any]], refs: int = 1, kind: str = "HTTPRoute") -> dict[str, Any]:
    named: list[dict[str, Any]] = [{"name": f"gate{number}"} for number in range(refs)]
    full = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
    told = [{"parentRef": named[number] | full, "conditions": found} for number, found in enumerate(parents)]
    return made("gateway.networking.k8s.io/v1", kind, {"parents": told}, {"parentRefs": named})


OLD: dict[str, Any] = {"observedGeneration": 1}
NEW: dict[str, Any] = {"observedGeneration": 2}
TAKEN = [on("Accepted", **NEW), on("ResolvedRefs", **NEW)]
GOOD = listener(on("Accepted"), on("ResolvedRefs"), on("Programmed"), off("Conflicted"))

ROWS = [
    Row("a gateway class that is accepted is current", "current", of(CLASS, on("Accepted"))),
    Row(
        "a gateway class that waits is in progress",
        "in_progress",
        of(CLASS, on("Accepted", "Unknown", "Pending", "Waiting")),
    ),
    Row(
        "a gateway class with wrong parameters has failed",
        "failed",
        of(CLASS, off("Accepted", "InvalidParameters", "bad")),
    ),
    Row("a gateway that is programmed with its listeners is current", "current", gateway(GOOD)),
    Row(
        "a gateway that is not programmed is in progress",
        "in_progress",
        gateway(conditions=[on("Accepted"), off("Programmed", "Pending", "no pods")]),
        says="no pods",
    ),
    Row(
        "a gateway that is invalid has failed",
        "failed",
        gateway(conditions=[off("Accepted", "Invalid", "bad")]),
        says="bad",
    ),
    Row(
        "a gateway whose conditions are old is in progress",
        "in_progress",
        gateway(conditions=[on("Accepted", **OLD), on("Programmed", **OLD)]),
    ),
    Row(
        "a gateway names the listener that conflicts",
        "failed",
        gateway(GOOD, listener(on("Conflicted", reason="HostnameConflict", message="twice"))),
        says="listener https: twice",
    ),
    Row(
        "a gateway names the listener without its certificate",
        "failed",
        gateway(listener(on("Accepted"), off("ResolvedRefs", "InvalidCertificateRef", "no secret"))),
        says="listener https: no secret",
    ),
    Row(
        "a gateway waits for a listener",
        "in_progress",
        gateway(listener(on("Accepted"), on("ResolvedRefs"), off("Programmed", message="soon"))),
        says="listener https: soon",
    ),
    Row("a route that its parent took is current", "current", route(TAKEN)),
    Row("a route of another protocol is judged alike", "current", route(TAKEN, kind="GRPCRoute")),
    Row(
        "a route that no controller has seen is in progress", "in_progress", route(), says="parent gate0: no controller"
    ),
    Row(
        "a route that one of two parents took is in progress", "in_progress", route(TAKEN, refs=2), says="parent gate1"
    ),
    Row(
        "a route whose parent speaks of an older version is in progress",
        "in_progress",
        route([on("Accepted", **OLD), on("ResolvedRefs", **OLD)]),
    ),
    Row(
        "a route that its parent does not allow has failed",
        "failed",
        route([off("Accepted", "NotAllowedByListeners", "not from here")]),
        says="parent gate0: not from here",
    ),
    Row(
        "a route whose backend is missing has failed",
        "failed",
        route([on("Accepted"), off("ResolvedRefs", "BackendNotFound", "no service")]),
        says="no service",
    ),
    Row(
        "a route whose backend came seconds ago is in progress",
        "in_progress",
        route([on("Accepted"), off("ResolvedRefs", "BackendNotFound", "no service", lastTransitionTime=ago(5))]),
    ),
    Row("a route without parents is current", "current", route(refs=0), says="no parent"),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_gateways_and_routes_are_judged_as_the_table_says(row: Row) -> None:
    row.check()
