"""Everything a reaction may ask for, in one hand."""

from dataclasses import dataclass

from bot.domain.grants import Clusters as ClustersFile
from bot.ports.clock import Clock
from bot.ports.clusters import Clusters
from bot.ports.delivery_log import DeliveryLog
from bot.ports.forge import Forges
from bot.ports.ledger import Ledger
from bot.ports.render_cache import RenderCache
from bot.ports.renderer import Renderer
from bot.ports.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Ports:
    """Made once by wiring and handed to every reaction. `fingerprint_key` keys the redactor and hidden markers."""

    clock: Clock
    ledger: Ledger
    forges: Forges
    workspace: Workspace
    renderer: Renderer
    renders: RenderCache
    clusters: Clusters
    operator: ClustersFile
    fingerprint_key: bytes
    delivery_logs: tuple[DeliveryLog, ...] = ()
