"""What becomes of objects that the head no longer has: deleted, handed to another target, or kept.

The same judgement as when pruning (bot/domain/removals.py), made on what lives while planning; pruning judges again.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from bot.domain.config import Environment, PruneMode
from bot.domain.inventory import InventoryRow
from bot.domain.plans import Change, Verb
from bot.domain.removals import Kept, PruneRules, Stays, stays, strictest
from bot.domain.subjects import Target
from bot.objects.hooks import ran_as
from bot.objects.identity import Object, ObjectKey
from bot.objects.optout import holds_data, keeps_itself, may_be_replaced
from bot.objects.redact import Redactor
from bot.objects.risk.deletion import PROTECTED
from bot.planning.access import Access
from bot.planning.compare import Sides, Verdict
from bot.planning.configs import Configs
from bot.planning.fields import Telling, contents
from bot.planning.findings import Compared
from bot.planning.observe import WORKERS
from bot.planning.renames import stem_of
from bot.planning.sides import Side
from bot.ports.clusters import PlanCluster, Refusal, Refused


@dataclass(frozen=True, slots=True)
class Removing:
    """What judging removals needs. rows are what we own; None where nobody knows, and what base has stands for it.

    `hooks` are the head's, under their names in Git. `coming` are objects that other targets hand to this one, by the
    ApplySet id they carry until then; `moving` those that it hands to others at the same commit. `empty` says that the
    head has nothing at all: that a whole target goes is always confirmed by command. `renamed` says that the app has
    another name on the base.
    """

    rows: Mapping[ObjectKey, InventoryRow] | None = None
    applysets: frozenset[str] = frozenset()
    rules: PruneRules = field(default_factory=PruneRules)
    hooks: frozenset[ObjectKey] = frozenset()
    coming: Mapping[ObjectKey, str] = field(default_factory=dict)
    moving: Mapping[ObjectKey, Target] = field(default_factory=dict)
    empty: bool = False
    renamed: bool = False


def retiring(configs: Configs) -> frozenset[Target]:
    """The targets that the head retires and the base does not yet, in every environment: any may have left objects."""
    apps = {*configs.head.retired} - {*(configs.base.retired if configs.base else ())}
    return frozenset(Target(environment, app) for app in apps for environment in configs.head.environments)


def removing_of(access: Access, environment: Environment, head: Side, renamed: Access | None) -> Removing:
    """What is known of a target's removals before its neighbours are looked at. renamed: what it had as another app."""
    rows = None if access.rows is None else {row.object: row for row in access.rows}
    if rows is not None and renamed is not None:
        theirs = {row.object: row for row in renamed.rows or () if row.object not in rows}
        ids, coming = frozenset({access.applyset, renamed.applyset}), dict.fromkeys(theirs, renamed.applyset)
        return Removing({**rows, **theirs}, ids, strictest([environment]), frozenset(head.hooks), coming)
    ids = frozenset({access.applyset, *(row.came_from for row in access.rows or () if row.came_from)})
    return Removing(rows, ids, strictest([environment]), frozenset(head.hooks), empty=not head.objects)


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom to ask about removals, None for nobody; what it may not read; whether it is the identity that will apply."""

    cluster: PlanCluster | None
    redactor: Redactor
    hidden: Mapping[ObjectKey, Refused] = field(default_factory=dict)
    final: bool = False


def with_removals(compared: Sequence[Compared], removing: Removing, asking: Asking) -> list[Compared]:
    """The same objects, those that the head no longer has with what becomes of them. Raises ClusterUnreachable."""
    successors = {stem: each.key for each in compared if each.sides.head and (stem := stem_of(each.key))}

    def judged(each: Compared) -> Compared:
        said = _verdict(each, removing, asking)
        stem, write = stem_of(each.key), said.change or said.pending
        successor = (successors.get(stem) if stem else None) or _hook(each.key, removing)
        if successor is not None:
            # One change with the object that comes, which tells what is different.
            write = replace(write, fields=(), successor=successor) if write else None
            said = replace(said, change=None, pending=None)
        return replace(each, verdict=replace(said, drifted=each.verdict.drifted, write=write))

    leaving = [each for each in compared if each.sides.head is None]
    if not leaving:
        return list(compared)
    with ThreadPoolExecutor(min(WORKERS, len(leaving))) as pool:
        found = {each.key: each for each in pool.map(judged, leaving)}
    return [found.get(each.key, each) for each in compared]


def _hook(key: ObjectKey, removing: Removing) -> ObjectKey | None:
    """The hook whose run of an earlier commit this is: the next run takes its place."""
    row = (removing.rows or {}).get(key)
    if row is None or not row.hook:
        return None
    alike = (each for each in removing.hooks if (each.of, each.namespace) == (key.of, key.namespace))
    return next((each for each in alike if ran_as(key.name, each.name)), None)


def command_dangers(compared: Sequence[Compared], removing: Removing) -> tuple[str, ...]:
    """The dangers that merging does not accept: what holds data or others, what Git does not allow to be replaced, what
    only one of ledger and cluster remembers, and all of them when they are too many."""
    going = [each for each in compared if _verb(each) in (Verb.DELETE, Verb.REPLACE) and _danger(each)]
    owned = len(compared) if removing.rows is None else len(removing.rows)
    every = removing.empty or removing.rules.too_many(len(going), owned)
    return tuple(sorted(_danger(each) for each in going if every or _by_command(each, removing)))


def _by_command(each: Compared, removing: Removing) -> bool:
    if _verb(each) is Verb.DELETE:
        row = (removing.rows or {}).get(each.key)
        return each.key.of in PROTECTED or bool(row and row.recovered)
    bodies: list[Object] = [each.sides.live or {}, each.sides.head.body if each.sides.head else {}]
    return not may_be_replaced(bodies[1]) or any(holds_data(each.key.of, body) for body in bodies)


def _verb(each: Compared) -> Verb | None:
    return each.verdict.write.verb if each.verdict.write else None


def _danger(each: Compared) -> str:
    return each.verdict.write.danger if each.verdict.write else ""


def _verdict(each: Compared, removing: Removing, asking: Asking) -> Verdict:
    """What becomes of one object. A change is the pull's own where base has the object, else it is pending."""
    key, sides, live = each.key, each.sides, each.sides.live
    there = asking.cluster is None or live is not None or key in asking.hidden
    if not there:
        return Verdict()
    if key in removing.moving:
        return _told(sides, Change(key, Verb.MOVE), str(removing.moving[key]))
    kept = _kept(each, removing)
    if kept is not None:
        return Verdict(kept=kept)
    body = sides.applied or sides.base
    fields = contents(body.body, Telling(key, asking.redactor), gone=True) if body else ()
    refused = _refusal(each, asking)
    if refused is None:
        return _told(sides, Change(key, Verb.DELETE, fields, checked=live is not None and asking.cluster is not None))
    if refused.why == Refusal.FORBIDDEN and not asking.final:
        return _told(sides, Change(key, Verb.DELETE, fields, checked=False))
    return Verdict(kept=Kept(key, Stays.REFUSED, asking.redactor.text(refused.message).plain))


def _told(sides: Sides, change: Change, target: str = "") -> Verdict:
    kept = Kept(change.object, Stays.MOVED, target) if target else None
    return Verdict(change=change, kept=kept) if sides.base else Verdict(pending=change, kept=kept)


def _kept(each: Compared, removing: Removing) -> Kept | None:
    """Why an object stays, as far as that can be told from here."""
    key, live = each.key, each.sides.live
    row = removing.rows.get(key) if removing.rows is not None else None
    if removing.rows is not None and row is None:
        return Kept(key, Stays.NOT_OURS)
    if removing.rules.prune is PruneMode.NEVER:
        return Kept(key, Stays.RULE)
    if live is None:
        annotation = keeps_itself(each.sides.base.body) if each.sides.base else ""
        return Kept(key, Stays.OPTED_OUT, annotation) if annotation else None
    if row is None:
        # Nobody knows what we own, so nobody knows the UID either: the other keys still hold.
        row = InventoryRow(key, str(live.get("apiVersion") or ""), str(live["metadata"].get("uid") or ""), "", "")
    return stays(row, live, removing.applysets)


def _refusal(each: Compared, asking: Asking) -> Refused | None:
    """What the server has against deleting an object; None when nothing, or when it cannot be asked."""
    live, cluster = each.sides.live, asking.cluster
    if live is None or cluster is None:
        return None
    resource = cluster.resource(each.key.of, str(live.get("apiVersion") or "").rpartition("/")[2])
    if resource is None:
        return None
    answer = cluster.dry_delete(resource, each.key, live["metadata"]["uid"])
    return answer if isinstance(answer, Refused) else None
