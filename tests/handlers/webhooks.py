"""Deliveries as GitHub signs them, for tests that stand before the door."""

import hmac
import json
from hashlib import sha256

SECRET = "door-secret"
OTHER_SECRET = "door-secret-to-come"


def pull_opened(number: int = 5) -> bytes:
    """A payload that means something: a pull was opened."""
    repository = {"id": 12, "full_name": "acme/shop", "default_branch": "main"}
    payload = {
        "action": "opened",
        "number": number,
        "pull_request": {"number": number},
        "repository": repository,
        "installation": {"id": 99},
    }
    return json.dumps(payload).encode()


def headers(body: bytes, delivery: str, event: str = "pull_request", secret: str = SECRET) -> dict[str, str]:
    """What GitHub sends along."""
    signature = hmac.new(secret.encode(), body, sha256).hexdigest()
    return {
        "content-type": "application/json",
        "x-github-delivery": delivery,
        "x-github-event": event,
        "x-hub-signature-256": f"sha256={signature}",
    }
