"""What the identity that plans does: reads, and server-side apply that the API server throws away."""

from bot.cluster.reading import ReadingCluster
from bot.cluster.send import send
from bot.objects.identity import Object
from bot.ports.clusters import Answer


class PlanningCluster(ReadingCluster):
    """The port PlanCluster. Nothing here can write."""

    def dry_apply(self, body: Object, *, force: bool) -> Answer:
        """Server-side apply with dryRun=All. Raises ClusterUnreachable."""
        return send(self.gateway, self.discovery, body, force=force, dry=True)
