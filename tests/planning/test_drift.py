"""What is drift although nobody edited a field, and what is none although the object is gone."""

from typing import Any

from bot.domain.plans import Drifted
from bot.objects.identity import ObjectKey
from bot.objects.redact import Redactor
from bot.planning.compare import Comparing, Sides, compare
from bot.planning.fields import Telling
from bot.planning.predict import Predictions
from bot.planning.sides import Sent
from tests.planning.test_secrecy import World

KEY = ObjectKey("batch", "Job", "shop", "once")


def drifted(**spec: Any) -> Drifted | None:
    """The drift of a Job that was applied and is not there any more."""
    body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once", "namespace": "shop"}, "spec": spec}
    telling = Telling(KEY, Redactor(b"sixteen bytes or more", "github:12", "prod"))
    comparing = Comparing(telling, Predictions(World({}, refuses=False)), ours=False)  # type: ignore[arg-type]
    return compare(Sides(None, None, Sent(body, "a", "a.yaml", 1), None), comparing).drifted


def test_a_deleted_object_is_drift_unless_it_was_to_go_once_it_had_ended() -> None:
    assert drifted(backoffLimit=1) == Drifted(KEY, (), gone=True)
    assert drifted(ttlSecondsAfterFinished=0) is None
