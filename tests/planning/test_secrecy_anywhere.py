"""No secret leaves by any door, wherever in a manifest somebody put it: comment, check, JSON, text, log, database
file."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.comments.checks import plan_check
from bot.comments.deployment import Standing, deployment_comment
from bot.comments.plan import About, failed_comment, plan_comment
from bot.comments.plan_json import plan_json
from bot.comments.plan_text import plan_text
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.plans import Plan
from bot.domain.pulls import Repository
from bot.domain.subjects import Target
from bot.ledger.ledger import SqlLedger, open_ledger
from bot.objects.identity import Object
from bot.objects.read import SourceObject
from bot.objects.redact import Redactor
from bot.planning.sides import Side, make_side
from bot.planning.target_plan import Question, plan_target
from bot.ports.ledger import PullRow
from tests.planning.test_secrecy import READY, World, made

SHOP = Repository("github", 12, "acme/shop", 5)
REDACTOR = Redactor(b"sixteen bytes or more", "github:12", "prod")
Place = Callable[[str], Object]

SECRETS = st.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=24, max_size=40)
NAMES = ["DB_PASSWORD", "API_KEY", "authToken", "client_secret", "AWS_SECRET_ACCESS_KEY", "passphrase", "private-key"]


def pem(secret: str) -> str:
    return f"-----BEGIN RSA PRIVATE KEY-----\n{secret}\n-----END RSA PRIVATE KEY-----\n"


def docker(secret: str) -> str:
    auth = base64.b64encode(f"ana:{secret}".encode()).decode()
    return json.dumps({"auths": {"registry.acme.io": {"username": "ana", "password": secret, "auth": auth}}})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def pod(container: dict[str, Any]) -> Object:
    spec = {"containers": [{"name": "a", "image": "a:1", **container}]}
    return made("apps/v1", "Deployment", spec={"template": {"spec": spec}})


def annotated(kind: Object, name: str, value: str) -> Object:
    return {**kind, "metadata": {**kind["metadata"], "annotations": {name: value}}}


def last_applied(secret: str) -> Object:
    inner = json.dumps(made("v1", "Secret", data={"a": encoded(secret)}, stringData={"b": secret}))
    return annotated(made("v1", "Secret"), "kubectl.kubernetes.io/last-applied-configuration", inner)


PLACES: dict[str, Place] = {
    "secret data": lambda s: made("v1", "Secret", data={"a": encoded(s)}),
    "secret stringData": lambda s: made("v1", "Secret", stringData={"nested.yaml": f"a: {s}\n"}),
    "last applied": last_applied,
    "docker config": lambda s: made("v1", "Secret", data={".dockerconfigjson": encoded(docker(s))}),
    "docker config in a ConfigMap": lambda s: made("v1", "ConfigMap", data={"config.json": docker(s)}),
    "private key in a ConfigMap": lambda s: made("v1", "ConfigMap", data={"notes.txt": f"see:\n{pem(s)}end\n"}),
    "private key in an annotation": lambda s: annotated(made("v1", "ConfigMap"), "acme.io/note", pem(s)),
    "token in an annotation": lambda s: annotated(pod({}), "acme.io/note", f"made with ghp_{s}"),
    "token in an argument": lambda s: pod({"args": ["--log", f"--header=Authorization: Bearer {s}A1"]}),
    "flag and value": lambda s: pod({"command": ["run", "--password", s]}),
    "password in an address": lambda s: pod({"env": [{"name": "DB", "value": f"postgres://ana:{s}@db/shop"}]}),
}


def named(name: str) -> dict[str, Place]:
    """A secret under a name that says so: of a variable, a key, a line of a file, a field."""
    return {
        f"env {name}": lambda s: pod({"env": [{"name": name, "value": s}]}),
        f"key {name}": lambda s: made("v1", "ConfigMap", data={name: s}),
        f"line {name}": lambda s: made("v1", "ConfigMap", data={"app.conf": f"a=1\n{name}={s}\nb=2\n"}),
        f"field {name}": lambda s: made("acme.io/v1", "Widget", spec={"values": {"db": {name: s, "port": 1}}}),
    }


PLACES |= {place: make for name in NAMES for place, make in named(name).items()}


def side(*objects: Object) -> Side:
    return make_side(tuple(SourceObject(body, "a.yaml", 1) for body in objects), READY)


def planned(place: Place, versions: tuple[str, str, str], *, refuses: bool) -> Plan:
    """The plan of an object that held one secret, is to hold another one, and lives with a third."""
    old, new, lives = (side(place(each)) for each in versions)
    live = {key.kind: sent.body for key, sent in lives.objects.items()}
    world = World(live, refuses=refuses)
    question = Question(Target("prod", "web"), old, new, old.objects, REDACTOR, "applyset-x-v1", world)  # type: ignore[arg-type]
    return Plan("a" * 40, "b" * 40, "c" * 64, (plan_target(question),))


def shown(plan: Plan, error: str) -> str:
    """Everything that is said of a plan, and of an error of the server's that quotes a whole object."""
    check = plan_check(plan, plan.head)
    marks = [f"{each.title} {each.message}" for each in check.annotations]
    reason = REDACTOR.text(error).plain
    failed = Deployment(1, SHOP.key, Target("prod", "web"), "a" * 40, 1, 1, DeploymentState.FAILED, reason=reason)
    comments = [*plan_comment(plan, About(plan.head)), *deployment_comment([Standing(failed)])]
    return "".join([plan_json(plan), plan_text(plan), check.title, check.summary, check.text, *marks, *comments])


def assert_kept(secret: str, where: str) -> None:
    """Neither the secret nor its usual encoding is there, nor half of it."""
    for each in (secret, encoded(secret).rstrip("="), secret[: len(secret) // 2], secret[len(secret) // 2 :]):
        assert each not in where


@pytest.mark.parametrize("name", sorted(PLACES))
@settings(max_examples=8, deadline=None)
@given(st.tuples(SECRETS, SECRETS, SECRETS), st.booleans())
def test_no_secret_is_said_wherever_it_stands(name: str, versions: tuple[str, str, str], refuses: bool) -> None:
    with structlog.testing.capture_logs() as logged:
        plan = planned(PLACES[name], versions, refuses=refuses)
    quoting = f'Pod "a" is invalid: spec: Invalid value: "{json.dumps(PLACES[name](versions[1]))}": must not hold this'
    said = shown(plan, quoting) + repr(logged)
    for secret in versions:
        assert_kept(secret, said)


@contextmanager
def opened(folder: Path) -> Iterator[SqlLedger]:
    ledger = open_ledger(f"sqlite:///{folder}/plumbline.db")
    yield ledger
    ledger.close()


def test_no_secret_is_in_the_database_file(tmp_path: Path) -> None:
    versions = ("OldOldOldOld2345678abcdef", "NewNewNewNew2345678abcdef", "LivLivLivLiv2345678abcdef")
    with opened(tmp_path) as ledger, ledger.begin() as tx:
        tx.repositories.see(SHOP)
        for number, name in enumerate(sorted(PLACES), 1):
            plan = planned(PLACES[name], versions, refuses=bool(number % 2))
            tx.plans.put(SHOP.key, PullRow(number, plan.head, plan.base, "planned", plan))
            tx.plans.keep_commit(SHOP.key, f"{number:040}", plan)
    bytes_there = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()) if path.is_file())
    assert b"acme/shop" in bytes_there
    for secret in versions:
        assert_kept(secret, bytes_there.decode(errors="replace"))


@given(SECRETS)
@example("A1b2C3d4E5f6G7h8J9k2M3n4P5")
def test_no_secret_of_a_renderers_error_is_in_the_comment_that_tells_it(secret: str) -> None:
    for said in (f"helm: cannot parse password={secret}", f"a.yaml:3: token ghp_{secret} here", pem(secret)):
        assert_kept(secret, "".join(failed_comment(said, About("a" * 40))))
