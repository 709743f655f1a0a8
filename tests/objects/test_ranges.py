"""Which numbers a server cut down, going by what it answered."""

import pytest

from bot.objects.identity import Object
from bot.objects.paths import str_path
from bot.objects.ranges import cut_down


def deployment(replicas: object, period: object = 10, memory: object = "5Gi") -> Object:
    probe = {"periodSeconds": period}
    container = {"name": "app", "readinessProbe": probe, "resources": {"limits": {"memory": memory}}}
    spec = {"replicas": replicas, "template": {"spec": {"containers": [container]}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


@pytest.mark.parametrize(
    ("sent", "stored", "fields"),
    [
        (deployment(9999999999), deployment(1410065407), ["spec.replicas"]),
        (
            deployment(2, 4294967306),
            deployment(2, 10),
            ["spec.template.spec.containers[name=app].readinessProbe.periodSeconds"],
        ),
        (deployment(2, memory=5368709120), deployment(2), []),
        (deployment(2, memory=5368709120), deployment(2, memory=5368709120), []),
        (deployment(2147483647), deployment(2147483647), []),
        (deployment(9999999999), deployment(3), []),
        (deployment(2), deployment(3), []),
    ],
    ids=["cut", "in a list", "a quantity", "64 bits", "largest", "another's value", "small"],
)
def test_only_a_number_that_lost_its_upper_bits_is_told(sent: Object, stored: Object, fields: list[str]) -> None:
    assert [str_path(path) for path in cut_down(sent, stored)] == fields
