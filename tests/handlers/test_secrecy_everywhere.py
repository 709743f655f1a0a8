"""A plan and a deployment that fail with secrets in names, values and errors: none is said, logged or kept."""

import base64

import httpx
import pytest

from bot.web.metrics import Metrics
from tests.handlers.served import served
from tests.handlers.shop import STAGING, Shop, config, wait_until

pytestmark = pytest.mark.together

SECRETS = {
    "value": "Vq7mXw2LrT9pZk4NbH6sYd3F",
    "variable": "Gx8cQf5RjW2tMv7KzB4nLp9D",
    "name": "Hs3yUe6ZaP8wCk2VxJ5qRt7N",
    "chart": "Ld9gBo4TiF7rXm3QyW6uEz2K",
    "typed": "Pb5vNc8XhJ2kSw6GtM4fQr9Y",
}


def bodies(namespace: str) -> str:
    """Objects that an API server refuses in words that quote them: a name, and a port that is no number."""
    encoded = base64.b64encode(SECRETS["value"].encode()).decode()
    return (
        f"apiVersion: v1\nkind: Secret\nmetadata: {{name: web-token, namespace: {namespace}}}\n"
        f"data: {{token: {encoded}}}\nstringData: {{again: {SECRETS['value']}}}\n"
        f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: {namespace}}}\n"
        f"spec: {{selector: {{app: web}}, ports: [{{port: 80, name: ghp_{SECRETS['name']}}}]}}\n"
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: {namespace}}}\n"
        f"spec: {{containers: [{{name: web, image: 'registry.example/web:1', command: [run, --password, "
        f"{SECRETS['typed']}], env: [{{name: DB_PASSWORD, value: {SECRETS['variable']}, valueFrom: "
        f"{{fieldRef: {{fieldPath: spec.nodeName}}}}}}]}}]}}\n"
    )


def chart() -> dict[str, str]:
    """A chart that fails in words that quote its value."""
    return {
        "apps/chart/staging/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
        "apps/chart/staging/values.yaml": f"password: {SECRETS['chart']}\n",
        "apps/chart/staging/templates/a.yaml": '{{ fail (printf "no answer to password=%s" .Values.password) }}\n',
    }


def test_no_secret_is_in_the_log_the_database_or_anything_said(shop: Shop) -> None:
    plain = "chart/{environment}', environments: all, renderer: plain"
    apps = config(STAGING, ("web", "chart")).replace(plain, plain.replace("plain", "helm"))
    shop.begin()
    number = shop.pull({".plumbline.yaml": apps, "apps/web/staging/more.yaml": bodies(shop.staging), **chart()})
    shop.wait_check(shop.head(number), end="failure")
    merged = shop.merge(number)
    wait_until(
        "both failed",
        lambda: {shop.state(f"staging/{app}", merged) for app in ("web", "chart")} == {"failed"},
        say=lambda: shop.all_said(merged),
    )
    shop.wait_check(merged, "plumbline/deploy/staging", "failure")
    comments = "".join(each.body for each in shop.comments(number))
    assert "no answer to" in comments
    files = [*shop.world.folder.glob("*.db*"), *shop.world.folder.glob("data/*.db*")]
    assert files
    places = {path.name: path.read_bytes().decode(errors="replace") for path in files}
    places |= {
        "log": shop.world.log(),
        "comments": comments,
        "checks": repr(shop.world.forge.check_runs(merged, shop.path)),
    }
    places["plan"] = repr(shop.world.forge.check_runs(shop.head(number), shop.path))
    with served(Metrics(shop.opened, dict).app()) as (host, port):
        places["metrics"] = httpx.get(f"http://{host}:{port}/metrics").text
    assert "plumbline_deployments" in places["metrics"]
    for what, secret in SECRETS.items():
        for form in (secret, base64.b64encode(secret.encode()).decode().rstrip("=")):
            assert [name for name, text in places.items() if form in text] == [], what
