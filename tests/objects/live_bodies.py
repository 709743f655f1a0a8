"""Live objects as a server answers them, and judgements of them."""

from typing import Any

from bot.objects.health import HealthState, judge

NOW = 1_767_261_600.0  # 2026-01-01T10:00:00Z


def made(api_version: str, kind: str, status: Any = None, **more: Any) -> dict[str, Any]:
    metadata = {"name": "web", "uid": f"uid-{kind}", **more.pop("metadata", {})}
    body = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}
    return body if status is None else {**body, "status": status}


def condition(name: str, status: str = "True", reason: str = "", message: str = "", **more: Any) -> dict[str, Any]:
    return {"type": name, "status": status, "reason": reason, "message": message, **more}


def pod(owner: str, state: dict[str, Any], restarts: int = 0, **more: Any) -> dict[str, Any]:
    container = {"name": "c", "state": state, "restartCount": restarts, **more.pop("container", {})}
    metadata = {"name": f"{owner}-1", "ownerReferences": [{"uid": owner}], **more.pop("metadata", {})}
    return made("v1", "Pod", {"phase": "Pending", "containerStatuses": [container], **more}, metadata=metadata)


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def state(body: dict[str, Any] | None, *related: dict[str, Any], written: int | None = None) -> HealthState:
    return judge(body, related, written, NOW).state
