"""A Kubernetes API server as the identity that plans sees it, as the one that applies, and the inventory beside."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.grants import Cluster, Grant
from bot.domain.inventory import Inventory
from bot.domain.subjects import Target
from bot.objects.identity import Kind, Object, ObjectKey
from bot.objects.matching import Conflict as Conflict


class ClusterUnreachable(Exception):
    """The API server did not answer, or not with anything that helps. Says which and why, without secrets.

    `after` are the seconds in which it asked not to be asked again, 0 when it did not say.
    """

    def __init__(self, why: str, after: float = 0.0) -> None:
        super().__init__(why)
        self.after = after


@dataclass(frozen=True, slots=True)
class Resource:
    """How a kind is served: in which version, under which plural, and whether in namespaces."""

    kind: Kind
    version: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.kind.group}/{self.version}" if self.kind.group else self.version


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server's object after a (dry or real) apply, and its warnings."""

    object: Object
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflicted:
    """Applying without force met other managers' fields."""

    conflicts: tuple[Conflict, ...]


class Presence(StrEnum):
    """Whether something is there, and takes anything new; unknown to an identity that may not look at it."""

    THERE = "there"
    LEAVING = "leaving"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Refusal:
    """Why an API server refused; the words of `Refused.why`."""

    INVALID = "invalid"
    IMMUTABLE = "immutable"
    FORBIDDEN = "forbidden"
    POLICY = "policy"
    QUOTA = "quota"
    NO_NAMESPACE = "no-namespace"
    NO_KIND = "no-kind"
    TOO_LARGE = "too-large"
    GONE = "recreated"
    MODIFIED = "modified"
    TYPING = "typing"


@dataclass(frozen=True, slots=True)
class Refused:
    """A definite no. `why` is one of Refusal's words; `message` is the server's raw text and may hold secrets."""

    why: str
    message: str
    field: str = ""


Answer = Accepted | Conflicted | Refused


@dataclass(frozen=True, slots=True)
class Going:
    """The server took a (dry) delete. The object is gone, or goes once its finalizers were dealt with."""


DeleteAnswer = Going | Refused | None
"""None when the object is not there; refused as `recreated` when another one has its name."""


class PlanCluster(Protocol):
    """What the identity that plans may do: read and dry-run. All methods may raise ClusterUnreachable."""

    def resource(self, kind: Kind, version: str = "") -> Resource | None:
        """How a kind is served (in that version, if given); None when it is not."""
        ...

    def list(self, resource: Resource, namespace: str, applyset: str) -> Sequence[Object]:
        """Objects of one kind in one namespace (empty: cluster-scoped) with our label; kind and apiVersion filled in.

        An identity that may not list gets an empty answer: `get` is asked for what is expected.
        """
        ...

    def marked(self, resource: Resource, namespace: str) -> Sequence[Object]:
        """As `list`, but what carries the label of any ApplySet, and its metadata alone."""
        ...

    def get(self, resource: Resource, namespace: str, name: str) -> Object | Refused | None:
        """One object, None when absent."""
        ...

    def related(self, resource: Resource, body: Object) -> Sequence[Object]:
        """ReplicaSets and Pods that a workload's selector finds, and a claim's StorageClass, for judging its health.

        Empty where not readable.
        """
        ...

    def events(self, namespace: str, uid: str) -> Sequence[Object]:
        """Warnings that were noted about one object. Empty where not readable."""
        ...

    def log(self, namespace: str, pod: str, container: str, lines: int) -> Sequence[str]:
        """The last lines that a container wrote, raw, so they may hold secrets. Empty where not readable."""
        ...

    def dry_apply(self, body: Object, *, force: bool) -> Answer:
        """Server-side apply with dryRun=All as field manager `plumbline`, of a canonical and labelled body."""
        ...

    def dry_delete(self, resource: Resource, key: ObjectKey, uid: str) -> DeleteAnswer:
        """What deleting the object with this UID would be answered, with dryRun=All."""
        ...

    def capabilities(self) -> tuple[str, Sequence[str]]:
        """The server's version (`v1.37.2`), and what it serves as charts ask: `apps/v1`, `apps/v1/Deployment`."""
        ...

    def surroundings(self, namespace: str) -> str | None:
        """All that decides a dry-run besides the object, in one text that changes with it.

        For a namespace: its labels and its LimitRanges. For an empty name what holds everywhere: schemas, webhook
        configurations and admission policies. None when this identity may not read all of it, or it cannot be told.
        """
        ...

    def namespace(self, name: str) -> Presence:
        """Whether a namespace is there. Raises ClusterUnreachable."""
        ...


class ApplyCluster(PlanCluster, Protocol):
    """What the identity that applies may do besides. Used only for commits on the default branch."""

    def apply(self, body: Object, *, force: bool) -> Answer:
        """Server-side apply, for real."""
        ...

    def delete(self, resource: Resource, key: ObjectKey, uid: str) -> DeleteAnswer:
        """Delete, for real and in the foreground, the object with this UID and no other."""
        ...


class Inventories(Protocol):
    """The ConfigMaps in the operator's inventory namespace. May raise ClusterUnreachable."""

    def name_of(self, repository: str, target: Target) -> Inventory:
        """The empty inventory of a target (`github:12`, prod/web): its name and ApplySet id, without asking anyone."""
        ...

    def read(self, repository: str, target: Target) -> Inventory | None:
        """The inventory as the cluster has it; None when there is none. Raises UserMistake when it is not ours."""
        ...

    def widen(self, inventory: Inventory, upcoming: Sequence[ObjectKey], pending: str) -> None:
        """Before a wave: make the ConfigMap and its ApplySet hints cover what will be touched, and journal it."""
        ...

    def settle(self, inventory: Inventory) -> None:
        """After a wave: write the rows as they are now, hints and journal to match."""
        ...


class Clusters(Protocol):
    """Opens clusters as the identities of a grant."""

    def plan(self, cluster: Cluster, grant: Grant) -> PlanCluster:
        """As `plan_as`. Raises ClusterUnreachable when the proof that it cannot write does not stand."""
        ...

    def apply(self, cluster: Cluster, grant: Grant) -> ApplyCluster:
        """As `apply_as`."""
        ...

    def inventories(self, cluster: Cluster) -> Inventories:
        """As `inventory_as`."""
        ...
