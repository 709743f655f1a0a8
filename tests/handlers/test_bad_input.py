"""Bad input at every door: a clear refusal where the user looks, and the process lives on in little memory."""

import hashlib
import hmac
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fixtures.world import World
from tests.handlers.shop import STAGING, Shop, config, settings, wait_until

LIMIT = 300
"""Megabytes that the process may ever have."""


@pytest.fixture(autouse=True, scope="module")
def small(world: World) -> Iterator[None]:
    """Whatever is thrown at it, the bot stays small and lives."""
    yield
    assert httpx.get(f"{world.url}/readyz").status_code == 200
    assert world.memory() < LIMIT


def send(world: World, body: bytes, signature: str = "", event: str = "pull_request") -> httpx.Response:
    """Post to the door as the forge does, properly signed unless told otherwise."""
    digest = hmac.digest(world.forge.app.webhook_secret.encode(), body, hashlib.sha256).hex()
    headers = {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": hashlib.sha256(body).hexdigest()[:32],
        "X-Hub-Signature-256": signature or f"sha256={digest}",
        "Content-Type": "application/json",
    }
    return httpx.post(f"{world.url}/webhooks/github", content=body, headers=headers, timeout=30)


def test_the_door_refuses_what_is_unsigned_too_long_or_unreadable(world: World) -> None:
    body = json.dumps({"action": "opened"}).encode()
    assert send(world, body, signature="sha256=" + "0" * 64).status_code == 401
    assert send(world, b" " * (26 << 20)).status_code == 413
    deep = b'{"a":' * 200_000 + b"1" + b"}" * 200_000
    refused = send(world, deep)
    assert (refused.status_code, refused.text) == (400, "the delivery cannot be read\n")
    assert send(world, b"[1, 2").status_code == 400
    assert send(world, body, event="never-heard-of").status_code == 202


def refused(shop: Shop, files: dict[str, str | bytes | None], *words: str) -> None:
    """Open a pull with these files, and see its check and comment refuse it in these words."""
    number = shop.pull(files)
    shop.wait_check(shop.head(number), end="failure")
    wait_until(
        f"{words} in the comment",
        lambda: all(word in shop.comment(number, "plan") for word in words),
        say=lambda: shop.comment(number, "plan"),
    )


def bomb(indent: str = "") -> str:
    """YAML that would grow a thousand million times if its aliases were copied out."""
    lines = [f"{indent}a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 9):
        lines.append(f"{indent}a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]")
    return "\n".join(lines) + "\n"


@pytest.mark.together
def test_an_unknown_key_in_the_config_is_named_with_line_and_nearest_key(shop: Shop) -> None:
    shop.begin()
    text = config().replace("renderer: plain", "renderer: plain, namespce: shop")
    refused(shop, {".plumbline.yaml": text}, ".plumbline.yaml", "namespce", "namespace")


@pytest.mark.together
def test_a_config_that_is_a_folder_is_refused_by_name(shop: Shop) -> None:
    shop.begin()
    refused(shop, {".plumbline.yaml": None, ".plumbline.yaml/config.yaml": config()}, ".plumbline.yaml", "a folder")


@pytest.mark.together
def test_a_config_that_is_an_alias_bomb_is_refused(shop: Shop) -> None:
    shop.begin()
    refused(shop, {".plumbline.yaml": config() + "x:\n" + bomb("  ")}, ".plumbline.yaml")


@pytest.mark.together
def test_a_manifest_that_is_an_alias_bomb_is_one_error_row(shop: Shop) -> None:
    shop.begin()
    text = settings(shop.staging) + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\ndata:\n" + bomb("  ")
    refused(shop, {"apps/web/staging/settings.yaml": text}, "apps/web/staging/settings.yaml", "could not be planned")


@pytest.mark.together
def test_a_cluster_that_was_not_granted_is_refused_by_name(shop: Shop) -> None:
    shop.begin()
    environments = STAGING + "  prod: {cluster: other}\n"
    files = shop.both() | {".plumbline.yaml": config(environments)}
    refused(shop, files, "cluster other", "not granted")


def git(folder: Path, *arguments: str) -> None:
    """Run git as ana."""
    person = {f"GIT_{role}_{what}": "ana@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **person, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
    subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True)


def linked(shop: Shop, name: str) -> int:
    """A pull in which a file is a symbolic link to a file of the machine, pushed with git as people do; its number."""
    shop.world.forge.add_user("ana", token="ana-token")
    remote = shop.world.forge.url.replace("http://", "http://ana:ana-token@")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        git(folder, "clone", "--quiet", f"{remote}/{shop.path}.git", ".")
        git(folder, "checkout", "--quiet", "-b", "link")
        (folder / name).unlink()
        (folder / name).symlink_to("/etc/passwd")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", "Link")
        git(folder, "push", "--quiet", "origin", "link")
    return shop.world.forge.open_pull("link", by="ana", repository=shop.path)


@pytest.mark.together
def test_a_config_that_is_a_link_out_of_the_tree_is_refused(shop: Shop) -> None:
    shop.begin()
    number = linked(shop, ".plumbline.yaml")
    shop.wait_check(shop.head(number), end="failure")
    wait_until("the comment says why", lambda: "symbolic link" in shop.comment(number, "plan"))
    assert "root:" not in shop.comment(number, "plan")


@pytest.mark.together
def test_a_manifest_that_is_a_link_out_of_the_tree_is_an_error_row_that_shows_nothing(shop: Shop) -> None:
    shop.begin()
    number = linked(shop, "apps/web/staging/settings.yaml")
    shop.wait_check(shop.head(number), end="failure")
    wait_until("it is an error row", lambda: "apps/web/staging/settings.yaml" in shop.comment(number, "plan"))
    assert "root:" not in shop.comment(number, "plan")
