"""A pull from a fork: nothing of it is rendered before a person's word, and then no cluster is asked."""

from datetime import UTC, datetime

import pytest

from bot.ports.ledger import PullRow
from tests.handlers.shop import Shop, wait_until

pytestmark = pytest.mark.together


def from_fork(shop: Shop, image: str) -> int:
    """rita, who may only read, opens a pull from her own fork."""
    fork = shop.world.forge.fork(by="rita", repository=shop.path)
    change = {"apps/web/staging/web.yaml": shop.app(image)["apps/web/staging/web.yaml"]}
    shop.world.forge.push_branch("change", change, by="rita", repository=fork.full_name)
    return shop.world.forge.open_pull("rita:change", by="rita", repository=shop.path)


def row(shop: Shop, number: int) -> PullRow | None:
    return shop.ledger(lambda tx: tx.plans.get(shop.key, number))


def say_ok(shop: Shop, number: int, by: str = "bob") -> set[str]:
    """Somebody says it, at least a second after our comment was written; the reactions they get."""
    newest = max(each.updated for each in shop.comments(number))
    wait_until("a second has passed", lambda: datetime.now(UTC).replace(microsecond=0) > newest)
    said = shop.write(number, "/plumb ok-to-plan", by)
    wait_until("it is answered", lambda: {"rocket", "confused"} & shop.reactions(number, said))
    return shop.reactions(number, said)


def test_a_fork_is_rendered_after_a_persons_word_and_again_after_none(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    number = from_fork(shop, "web:2")
    shop.wait_check(shop.head(number), end="action_required")
    wait_until("the comment asks for it", lambda: "ok-to-plan" in shop.comment(number, "plan"))
    asked = len(shop.audit("plan"))
    assert "confused" in say_ok(shop, number, by="rita")
    assert "rocket" in say_ok(shop, number)
    shop.wait_check(shop.head(number))
    wait_until("the difference is shown", lambda: "registry.example/web:2" in shop.comment(number, "plan"))
    assert "no cluster is asked" in shop.comment(number, "plan")
    assert [each.user for each in shop.audit("plan")[asked:]] == []
    fork = f"rita/{shop.path.partition('/')[2]}"
    files = {"apps/web/staging/web.yaml": shop.app("web:evil")["apps/web/staging/web.yaml"]}
    shop.world.forge.push_branch("change", files, by="rita", repository=fork)
    shop.wait_check(shop.head(number), end="action_required")
    found = row(shop, number)
    assert found is not None
    assert (found.status, found.head) == ("fork", shop.head(number))
    assert "web:evil" not in shop.comment(number, "plan")
