"""The badge: what it says to who has the key, and that it says nothing to anybody else."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.pulls import Repository
from bot.domain.subjects import Target
from bot.ledger.ledger import SqlLedger, open_ledger
from bot.web.badge import Badge, Badges, badge_key, drawn
from bot.web.door import door
from handlers.__main__ import main
from tests.handlers.served import served

SHOP = Repository("github", 12, "acme/shop", 7)
KEY = b"a key that nobody can guess, really"
WEB = Target("prod", "web")
S = DeploymentState


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    opened = open_ledger(f"sqlite:///{tmp_path}/plumbline.db")
    with opened.begin() as tx:
        tx.repositories.see(SHOP)
    yield opened
    opened.close()


@pytest.fixture
def client(ledger: SqlLedger) -> Iterator[httpx.Client]:
    app = door({}, ledger, ledger.ready, Badges(ledger, KEY))
    with served(app) as (host, port), httpx.Client(base_url=f"http://{host}:{port}") as client:
        yield client


def deployed(ledger: SqlLedger, commit: str, *states: DeploymentState, target: Target = WEB) -> None:
    with ledger.begin() as tx:
        row = tx.deployments.add(Deployment(0, SHOP.key, target, commit * 40, 1, 0, S.WAITING, changed=ord(commit)))
        assert row is not None
        for state in states:
            row = replace(row, state=state)
            tx.deployments.save(row)


def address(environment: str = "prod", repository: str = "github:12", path: str = "acme/shop") -> str:
    return f"/badge/github/{path}/{environment}.svg?key={badge_key(KEY, repository, environment).decode()}"


def said(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "image/svg+xml"
    title = ET.fromstring(answer.content).find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    return title.text or ""


GOOD = (S.CONFIRMING, S.APPLYING, S.SETTLING, S.HEALTHY)


def test_it_says_the_commit_that_is_live_and_the_worst_that_is_true(ledger: SqlLedger, client: httpx.Client) -> None:
    assert said(client.get(address())) == "prod: not deployed"
    deployed(ledger, "a", *GOOD)
    assert said(client.get(address())) == "prod: aaaaaaa healthy"
    deployed(ledger, "b")
    assert said(client.get(address())) == "prod: aaaaaaa healthy", "what waits has changed nothing"
    deployed(ledger, "c", S.CONFIRMING, S.APPLYING, target=Target("prod", "api"))
    assert said(client.get(address())) == "prod: aaaaaaa deploying"
    deployed(ledger, "d", S.FAILED, target=Target("staging", "web"))
    assert said(client.get(address())) == "prod: aaaaaaa deploying", "another environment is not meant"
    deployed(ledger, "e", S.FAILED)
    assert said(client.get(address())) == "prod: aaaaaaa failed"


def test_whoever_may_not_know_gets_one_grey_picture_to_the_byte(ledger: SqlLedger, client: httpx.Client) -> None:
    deployed(ledger, "a", *GOOD)
    good = address()
    asked = [
        good.replace("key=", "key=0"),
        good.partition("?")[0],
        f"{good}x",
        good.replace("prod", "staging"),
        good.replace("acme/shop", "acme/none"),
        good.replace("github", "gitlab"),
        address(repository="", path="acme/none"),
        address().replace("prod", "%3Cb%3E%00"),
        f"{good.partition('=')[0]}=%ff%00%F0%9F%92%A9",
    ]
    answers = [client.get(each) for each in asked]
    told = {(each.status_code, each.content, str(sorted(set(each.headers.items()) - _dates(each)))) for each in answers}
    assert len(told) == 1
    assert said(answers[0]) == "plumbline: unknown"
    headers = {name for name in answers[0].headers if name != "date"}
    assert headers == {name for name in client.get(good).headers if name != "date"}


def _dates(answer: httpx.Response) -> set[tuple[str, str]]:
    return {each for each in answer.headers.items() if each[0] == "date"}


def test_who_has_the_picture_is_told_that_it_still_holds(ledger: SqlLedger, client: httpx.Client) -> None:
    first = client.get(address())
    again = client.get(address(), headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert first.headers["cache-control"] == "max-age=60, must-revalidate"
    deployed(ledger, "a", *GOOD)
    changed = client.get(address(), headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


def test_nothing_in_a_text_acts() -> None:
    hostile = drawn(Badge('"><script>alert(1)</script>\x00\u202e', "x" * 500, "#fff"))
    found = ET.fromstring(hostile)
    assert {each.tag.partition("}")[2] for each in found.iter()} == {"svg", "title", "rect", "path", "g", "text"}
    assert len(hostile) < 2000


def test_the_command_prints_the_address_that_opens_it(
    ledger: SqlLedger,
    client: httpx.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PLUMBLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PLUMBLINE_FINGERPRINT_KEY", KEY.decode())
    monkeypatch.setenv("PLUMBLINE_PUBLIC_URL", "https://bot.acme.io/")
    assert main(["badge", "acme/shop", "prod"]) == 0
    printed = capsys.readouterr().out.strip()
    assert printed == f"https://bot.acme.io{address()}"
    assert said(client.get(printed.removeprefix("https://bot.acme.io"))) == "prod: not deployed"
    assert main(["badge", "github:acme/none", "prod"]) == 1
