"""GitHub's log of the App's webhook deliveries: it tries again only when asked to, within three days."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bot.forges.github.answers import Missing
from bot.forges.github.app import App
from bot.forges.github.auth import as_app
from bot.ports.delivery_log import FailedDelivery

PAGE = 100
MAX_PAGES = 100


class GitHubDeliveries:
    """Port `DeliveryLog`, as the App itself. Source: GitHub REST, "GitHub App webhooks"."""

    def __init__(self, app: App, http: httpx.Client, now: Callable[[], float]) -> None:
        self._app, self._http, self._now = app, http, now
        self._address = f"{app.api}/app/hook/deliveries"

    def failed(self, since: float) -> Sequence[FailedDelivery]:
        """Deliveries none of whose attempts was answered with 2xx, oldest attempt first.

        Only those that were first tried after that moment: each time we ask makes a newer attempt, so that otherwise
        nothing would ever grow too old.
        """
        newest: dict[str, FailedDelivery] = {}
        over: set[str] = set()
        begun: set[str] = set()
        for attempt in self._attempts(since):
            if 200 <= attempt["status_code"] < 300:
                over.add(attempt["guid"])
            if not attempt["redelivery"]:
                begun.add(attempt["guid"])
            newest.setdefault(attempt["guid"], _failed(attempt))
        return [each for guid, each in reversed(newest.items()) if guid in begun - over]

    def ask_again(self, attempt: int) -> None:
        """Have GitHub send a delivery once more, under its old GUID. One that is forgotten is fine."""
        try:
            as_app(self._http, self._app, self._now(), ("POST", f"{self._address}/{attempt}/attempts"))
        except Missing:
            return

    def _attempts(self, since: float) -> list[dict[str, Any]]:
        """Newest first. Of the next page's address only the cursor is taken: our credential goes nowhere else."""
        found: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(MAX_PAGES):
            address = httpx.URL(self._address, params={"per_page": PAGE, **({"cursor": cursor} if cursor else {})})
            answer = as_app(self._http, self._app, self._now(), ("GET", str(address)))
            page = [each for each in answer.json() if _time(each) >= since]
            found += page
            following = parse_qs(urlsplit(answer.links.get("next", {}).get("url", "")).query).get("cursor", [""])
            cursor = following[0]
            if len(page) < len(answer.json()) or not cursor:
                break
        return found


def _time(attempt: dict[str, Any]) -> float:
    return datetime.fromisoformat(attempt["delivered_at"]).timestamp()


def _failed(attempt: dict[str, Any]) -> FailedDelivery:
    return FailedDelivery(attempt["id"], attempt["guid"], attempt["status_code"])
