"""Fields that others set on our objects and that Git never mentions: told, and left alone (DESIGN §6.6)."""

from collections import Counter
from collections.abc import Iterator

from bot.domain.plans import DriftedField
from bot.objects.defaults import is_default
from bot.objects.identity import Object
from bot.objects.ownership import MANAGER, Owner, owned_paths, owners_of
from bot.objects.paths import ABSENT, Path, str_path, value_at
from bot.objects.redact import Redacted
from bot.planning.fields import MOST, Mentions, Telling, comparable

CONTROL_PLANE = frozenset(
    {
        "cloud-controller-manager",
        "clusterrole-aggregation-controller",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubelet",
    }
)
"""What these write is their work, not somebody's edit."""

_HARMLESS = ("image", "replicas", "resources")
"""Fields whose value is shown although nobody wrote it down for this repository to see."""


def foreign_fields(live: Object, ours: Object, telling: Telling) -> Iterator[DriftedField]:
    """Each field of a live object that a person or another program owns and that our object does not have."""
    writers = {(owner.manager, owner.operation) for owner in owners_of(live, ())} - {(MANAGER, "Apply")}
    writers = {(manager, operation) for manager, operation in writers if manager not in CONTROL_PLANE}
    if not writers:
        return
    body = comparable(live)
    paths = {path for manager, operation in writers for path in owned_paths(live, manager, operation)}
    inside = Counter(path[:length] for path in paths for length in range(len(path)))
    said = Mentions(ours, telling.lists)
    news = [path for path in paths if path not in said and not _said_elsewhere(path, inside, said)]
    for path in sorted(news, key=str_path)[:MOST]:
        value = value_at(body, path)
        if value is ABSENT or is_default(path, value):
            continue
        writer = _writer(live, path)
        if writer is not None:
            shown = _shown(path, value, telling)
            place = telling.redactor.path(telling.key, path)
            yield DriftedField(place, shown, None, writer.manager, writer.time or "", foreign=True)


def _said_elsewhere(path: Path, inside: Counter[Path], said: Mentions) -> bool:
    """Whether the field is the key of an item, which its path has, or something inside it is owned and says more."""
    if len(path) > 1 and path[-1] in [name for name, _ in getattr(path[-2], "keys", ())]:
        return inside[path[:-1]] > 1 or path[:-1] in said
    return inside[path] > 0


def _writer(live: Object, path: Path) -> Owner | None:
    owners = [owner for owner in owners_of(live, path) if owner.manager not in CONTROL_PLANE]
    return owners[-1] if owners and path[-1] != "caBundle" else None


def _shown(path: Path, value: object, telling: Telling) -> Redacted | None:
    if any(step in _HARMLESS for step in path):
        return telling.redactor.value(telling.key, path, value)
    return None
