"""No secret is in a plan: not in its fields, lines, drift, findings or errors, in whatever form it is printed."""

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.comments.plan import About, plan_comment
from bot.comments.plan_json import plan_json
from bot.comments.plan_text import plan_text
from bot.domain.config import App
from bot.domain.plans import Plan
from bot.domain.subjects import Target
from bot.ledger.codec import dump
from bot.objects.identity import Kind, Object
from bot.objects.kinds import is_namespaced
from bot.objects.read import SourceObject
from bot.objects.redact import Redactor
from bot.planning.sides import Ready, Side, make_side
from bot.planning.target_plan import Question, plan_target
from bot.ports.clusters import Accepted, Answer, Presence, Refusal, Refused, Resource

READY = Ready(App("web", "web", ("prod",), namespace="shop"), None, "applyset-x-v1", is_namespaced)
secrets = st.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=12, max_size=24)


class World:
    """A cluster where other values live than Git has, and that quotes what it refuses."""

    def __init__(self, lives: dict[str, Object], *, refuses: bool) -> None:
        self._lives, self._refuses = lives, refuses

    def resource(self, kind: Kind, version: str = "") -> Resource:
        return Resource(kind, version, kind.kind.lower() + "s", True)

    def list(self, resource: Resource, namespace: str, applyset: str) -> list[Object]:
        return []

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        return self._lives.get(resource.kind.kind)

    def dry_apply(self, body: Object, *, force: bool) -> Answer:
        if self._refuses:
            said = f'Pod "a" is invalid: spec.env[0].value: Invalid value: "{body}": must not hold this'
            return Refused(Refusal.INVALID, said, "spec")
        return Accepted(body)

    def namespace(self, name: str) -> Presence:
        return Presence.THERE


def bodies(secret: str) -> list[Object]:
    """Every place where a secret may stand."""
    encoded = base64.b64encode(secret.encode()).decode()
    pod = {"containers": [{"name": "a", "image": "a:1", "env": [{"name": "DB_PASSWORD", "value": secret}]}]}
    args = {"containers": [{"name": "a", "image": "a:1", "args": ["--token", secret, f"--api-key={secret}"]}]}
    url = f"postgres://ana:{secret}@db/shop"
    return [
        made("v1", "Secret", data={"a": encoded}, stringData={"b": secret}),
        made("apps/v1", "Deployment", spec={"template": {"spec": pod}}),
        made("batch/v1", "Job", spec={"template": {"spec": args}}),
        made("v1", "ConfigMap", data={"app.conf": f"user: ana\npassword: {secret}\nurl: {url}\n", "token": secret}),
    ]


def made(version: str, kind: str, **rest: Any) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **rest}


def side(secret: str) -> Side:
    return make_side(tuple(SourceObject(body, "a.yaml", 1) for body in bodies(secret)), READY)


@given(secrets, secrets, secrets, st.booleans(), st.booleans())
def test_no_secret_of_git_or_cluster_is_in_a_plan(old: str, new: str, lives: str, there: bool, refuses: bool) -> None:
    live = {key.kind: sent.body for key, sent in side(lives).objects.items()} if there else {}
    redactor = Redactor(b"sixteen bytes or more", "github:12", "prod")
    base, head = side(old), side(new)
    world = World(live, refuses=refuses)
    question = Question(Target("prod", "web"), base, head, base.objects, redactor, "applyset-x-v1", world)  # type: ignore[arg-type]
    plan = Plan("a" * 40, "b" * 40, "c" * 64, (plan_target(question),))
    shown = plan_json(plan) + plan_text(plan) + dump(plan) + "".join(plan_comment(plan, About(plan.head)))
    for secret in (old, new, lives):
        assert secret not in shown
        assert base64.b64encode(secret.encode()).decode().rstrip("=") not in shown
    assert "Secret" in shown
