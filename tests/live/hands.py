"""What the test of edits does to the cluster: applying, editing by hand, and reading what lives."""

import json

import yaml

from bot.objects.identity import Object, ObjectKey, key_of
from fixtures.cluster.access import Access
from tests.live import manifests
from tests.live.edits import Edit
from tests.live.planned import Scratch, rendered

Lives = dict[ObjectKey, Object]
APPS = ("good", "bad")
FIRST = ("CustomResourceDefinition", "Namespace")
WIDE = (*FIRST, "ClusterRole", "PriorityClass", "StorageClass", "ValidatingWebhookConfiguration")


def objects(text: str, namespace: str) -> list[Object]:
    """Read apart from the bot's own reader, with the app's namespace where there is none and could be one."""
    bodies = [body for body in yaml.safe_load_all(text) if body]
    for body in bodies:
        if body["kind"] not in WIDE:
            body["metadata"].setdefault("namespace", namespace)
    return bodies


def sent(scratch: Scratch, commit: str) -> list[Object]:
    """What the targets render to, as it is sent."""
    texts = [rendered(scratch, f"prod/{name}", commit) for name in APPS]
    return [body for text in texts for body in yaml.safe_load_all(text)]


def apply(cluster: Access, bodies: list[Object]) -> None:
    """As manager plumbline, with force; what is refused is left out. Definitions and namespaces go first."""
    first = [body for body in bodies if body["kind"] in FIRST]
    for wave in (first, [body for body in bodies if body not in first]):
        text = "\n---\n".join(json.dumps(body, ensure_ascii=False) for body in wave)
        options = ("--server-side", "--field-manager=plumbline", "--force-conflicts")
        cluster.kubectl("apply", *options, "-f", "-", stdin=text, codes=(0, 1))
        crds = [f"crd/{body['metadata']['name']}" for body in wave if body["kind"] == "CustomResourceDefinition"]
        if crds:
            cluster.kubectl("wait", "--for=condition=Established", *crds, "--timeout=150s")


def by_hand(cluster: Access, namespace: str, edit: Edit, hand: tuple[str, ...]) -> None:
    words = [word.replace("NAME", edit.name) for word in hand]
    text = manifests.CO_OWNED if "CO_OWNED" in words else None
    words = ["-" if word == "CO_OWNED" else word for word in words]
    cluster.kubectl(*words, "-n", namespace, "--as=ana", "--as-group=system:masters", stdin=text)


def settle(cluster: Access, namespace: str) -> None:
    """Wait until controllers have written what they write into objects they were given."""

    def bound() -> bool:
        claims = cluster.get("pvc", "-n", namespace)["items"]
        return all(claim["spec"].get("volumeName") for claim in claims)

    cluster.wait_until("claims are bound", bound)


def lives(cluster: Access, bodies: list[Object]) -> Lives:
    """What lives of these. kubectl leaves out all when it does not know a kind, so each own kind is asked for alone."""
    found: Lives = {}
    for version in sorted({body["apiVersion"] for body in bodies if body["kind"] == "Widget"} | {""}):
        some = [body for body in bodies if (body["apiVersion"] if body["kind"] == "Widget" else "") == version]
        text = "\n---\n".join(json.dumps(body, ensure_ascii=False) for body in some)
        answer = cluster.kubectl(
            "get", "-f", "-", "--ignore-not-found", "--show-managed-fields", "-o", "json", stdin=text, codes=(0, 1)
        )
        items = json.loads(answer or '{"items": []}').get("items", [])
        found |= {key_of(item): item for item in items}
    return found
