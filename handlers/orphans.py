"""Looks for orphans of a repository: runs weekly. What is found is noted in the audit and logged, and left as it is."""

import structlog

from bot.comments.orphans import orphans_say
from bot.delivery.orphans import Looking, left_behind, orphans_of
from bot.domain.audit import BOT, Entry
from bot.domain.errors import TryLater
from bot.domain.subjects import Job
from bot.planning.configs import rules_at
from bot.ports.clusters import ClusterUnreachable
from bot.ports.world import Ports

AGAIN = 3600.0
"""Seconds until a cluster that is away is looked at again."""

_log = structlog.get_logger("plumbline.orphans")


def look_for_orphans(job: Job, ports: Ports) -> None:
    """Note what carries our label and stands in no inventory, and inventories whose target the branch no longer has.

    Raises UserMistake when no config can be read, TryLater while a cluster is away.
    """
    with ports.ledger.begin() as tx:
        known = tx.repositories.get(job.key)
    if known is None or not known.tip:
        return
    ports.workspace.fetch(known.repository, known.tip)
    config = rules_at(ports.workspace, known.repository, known.tip)
    try:
        found = orphans_of(Looking(ports.ledger, ports.operator, ports.clusters), known.repository)
    except ClusterUnreachable as away:
        raise TryLater(str(away), AGAIN) from None
    if config is not None:
        found += left_behind(ports.ledger, known.repository, config)
    for each in found:
        said = orphans_say(each)
        with ports.ledger.begin() as tx:
            tx.audit.add(Entry(ports.clock.now(), job.key, str(each.target), BOT, "orphans", said))
        _log.warning("orphans", repository=job.key, what=said)
