"""What the identity that plans does: reads, and applies and deletes that the API server throws away."""

from bot.cluster.delete import delete
from bot.cluster.reading import ReadingCluster
from bot.cluster.send import send
from bot.objects.identity import Object, ObjectKey
from bot.ports.clusters import Answer, DeleteAnswer, Resource


class PlanningCluster(ReadingCluster):
    """The port PlanCluster. Nothing here can write."""

    def dry_apply(self, body: Object, *, force: bool) -> Answer:
        """Server-side apply with dryRun=All. Raises ClusterUnreachable."""
        return send(self.gateway, self.discovery, body, force=force, dry=True)

    def dry_delete(self, resource: Resource, key: ObjectKey, uid: str) -> DeleteAnswer:
        """What deleting the object with this UID would be answered. Raises ClusterUnreachable."""
        return delete(self.gateway, resource, key, uid, dry=True)
