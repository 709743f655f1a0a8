"""The API server goes away while the bot plans and deploys, and comes back."""

from fixtures.cluster.cluster import Cluster
from tests.handlers.shop import Shop, settings, wait_until

WAITS = "waiting for the cluster demo"


def says_that_it_waits(shop: Shop, commit: str) -> bool:
    """Whether the commit's check says that the cluster is away."""
    check = shop.check(commit, "plumbline/deploy/staging")
    return check is not None and WAITS in str(check.summary)


def test_deployments_wait_for_an_api_server_that_is_away_and_plans_are_made_again(
    own_cluster: Cluster, shop: Shop
) -> None:
    shop.wait_deployed(shop.begin())
    slow = shop.push(shop.app("web:2", ready_after="600s"))
    wait_until("it settles", lambda: shop.state("staging/web", slow) == "settling")
    own_cluster.stop_apiserver()
    try:
        number = shop.pull({"apps/web/staging/settings.yaml": settings(shop.staging, currency="USD")})
        shop.wait_plan(number, "was not checked")
        assert "CURRENCY" in shop.comment(number, "plan")
        wait_until("it says that it waits", lambda: says_that_it_waits(shop, slow))
        later = shop.push(shop.app("web:3"))
        wait_until("the later one waits too", lambda: says_that_it_waits(shop, later))
    finally:
        own_cluster.start_apiserver()
    shop.wait_deployed(later)
    assert shop.images() == {"web:3"}
    wait_until("it is planned again by itself", lambda: "was not checked" not in shop.comment(number, "plan"))
    assert "CURRENCY" in shop.comment(number, "plan")
    assert len(shop.comments(number)) == 1
    assert [row.state.value for row in shop.rows()] == ["healthy", "superseded", "healthy"]
