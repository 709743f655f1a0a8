"""What the identity that applies does besides: server-side apply and delete, for real."""

from bot.cluster.delete import delete
from bot.cluster.dry_run import PlanningCluster
from bot.cluster.send import send
from bot.objects.identity import Kind, Object, ObjectKey, kind_of
from bot.ports.clusters import Accepted, Answer, DeleteAnswer, Refusal, Refused, Resource

_DEFINITION = Kind("apiextensions.k8s.io", "CustomResourceDefinition")
_TRIES = 3


class ApplyingCluster(PlanningCluster):
    """The port ApplyCluster."""

    def apply(self, body: Object, *, force: bool) -> Answer:
        """Server-side apply for real. Raises ClusterUnreachable, after which it may or may not have been written."""
        for _ in range(_TRIES):
            answer = send(self.gateway, self.discovery, body, force=force, dry=False)
            # Without a resourceVersion of ours, "modified" only says that writers met on a busy object.
            met = isinstance(answer, Refused) and answer.why == Refusal.MODIFIED
            if not met or body["metadata"].get("resourceVersion"):
                break
        if isinstance(answer, Accepted) and kind_of(body) == _DEFINITION:
            self.discovery.expire()
        return answer

    def delete(self, resource: Resource, key: ObjectKey, uid: str) -> DeleteAnswer:
        """Delete for real, only the object with this UID. Raises ClusterUnreachable, as `apply` does."""
        return delete(self.gateway, resource, key, uid, dry=False)
