"""What cannot become healthy ends or waits with its own clear reason."""

from collections.abc import Iterator

import pytest

from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from fixtures.cluster.access import Access
from tests.live.delivering import Delivering, delivering

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivering]:
    with delivering(cluster, tmp_path_factory.mktemp("health")) as found:
        cluster.new_namespace(found.prefix)
        yield found


def waiting(row: Deployment) -> bool:
    return row.state is DeploymentState.WAITING and bool(row.conditions)


def test_a_foreign_namespace_that_is_not_there_is_waited_for_and_nothing_is_written_before(shop: Delivering) -> None:
    other = f"{shop.prefix}-other"
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: {other}}}\n---\n"
    text += "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: here}\n"
    row = shop.until(shop.due(shop.commit({"web/a.yaml": text})), waiting)
    assert row.conditions == (Condition(Wait.NAMESPACE, other),)
    assert "here" not in shop.live("configmaps")
    assert shop.until(row, waiting).conditions == row.conditions
    shop.access.new_namespace(other)
    ended = shop.until(row, lambda each: each.state.ended)
    assert ended.state is DeploymentState.HEALTHY
    assert "a" in shop.live("configmaps", other)
