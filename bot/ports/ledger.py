"""The ledger: what is known and what is due, changed only inside a transaction."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from bot.domain.deployments import Deployment
from bot.domain.events import Event
from bot.domain.inventory import InventoryRow
from bot.domain.plans import Plan
from bot.domain.pulls import Repository
from bot.domain.subjects import Job, Target
from bot.objects.identity import ObjectKey
from bot.ports.answers import Answers
from bot.ports.audit import Audit
from bot.ports.candidates import Candidates
from bot.ports.figures import Figures
from bot.ports.gates import Approvals, Holds, Locks
from bot.ports.retention import Retention


@dataclass(frozen=True, slots=True)
class KnownRepository:
    """A repository we have seen, with its default branch and the tip whose deployments were made last."""

    repository: Repository
    branch: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong at a place in the repository, as text that may be shown. line is 0 when it is not known."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class PullRow:
    """What the ledger knows of a pull's plan. `status`: planning, planned, failed, silent (nothing to say), elsewhere
    (it merges into a branch that is not deployed) or fork (nothing of it is rendered before a person's word).

    plan is the newest finished one, possibly of an older head; error (shown, redacted) when status is failed. `stale`
    is the tip of the base branch that overtook this plan, empty while it stands. `closed`: merged, or given up.
    `allowed` is the head of a fork's pull that a person let be rendered; `mistakes` is what of an error has a place.
    """

    number: int
    head: str
    base: str
    status: str
    plan: Plan | None = None
    error: str = ""
    merged_as: str = ""
    author: str = ""
    changed: float = 0.0
    stale: str = ""
    closed: bool = False
    allowed: str = ""
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Something written on the forge: its id there and a hash of what it says."""

    id: int
    digest: str


POSTED = "posted"
"""The slot under a pull or commit that holds which plan stands on the forge."""


ISSUE = "issue"
"""The slot under a commit that holds the number of its issue."""


ASKED = "asked"
"""The slot under a pull that holds what its next plan shall show: `full`, or some targets."""


def posted(plan: Plan) -> str:
    """What that slot holds for a plan."""
    return f"{plan.head} {plan.digest}"


def is_posted(tx: "Transaction", subject: str, plan: Plan) -> bool:
    """Whether exactly this plan stands where people see it: nothing is written to a cluster before that (G1)."""
    said = tx.slots.get(subject, POSTED)
    return said is not None and said.digest == posted(plan)


class Deliveries(Protocol):
    """Webhook deliveries, by the forge's own id."""

    def accept(self, delivery: str, event: Event | None) -> Job | None:
        """Note a delivery. The job to put for it; None when it is a repeat of one that is queued or done."""
        ...

    def event(self, job_key: str) -> Event | None:
        """The event behind an ingest job's key."""
        ...

    def finish(self, job_key: str, ok: bool) -> None:
        """The ingest job ended. After a failure the same delivery id is taken again."""
        ...


class Repositories(Protocol):
    """Repositories that events named."""

    def see(self, repository: Repository) -> None:
        """Remember a repository, or its new path or installation."""
        ...

    def get(self, key: str) -> KnownRepository | None:
        """By `github:12`."""
        ...

    def all(self) -> Sequence[KnownRepository]: ...

    def move(self, key: str, branch: str, tip: str, *, before: str) -> bool:
        """The default branch's tip whose deployments have been made. False, and nothing written, when the tip noted so
        far is not `before`: somebody else moved it meanwhile."""
        ...

    def pin(self, address: str, id: int) -> bool:
        """Pin a granted path to the numeric id first seen with it; False when it is pinned to another."""
        ...


class Plans(Protocol):
    """Pulls and their plans."""

    def get(self, repository: str, number: int) -> PullRow | None: ...

    def put(self, repository: str, row: PullRow) -> None:
        """Write a pull's row. A finished plan is kept by its head as well."""
        ...

    def at(self, repository: str, number: int, head: str) -> Plan | None:
        """The plan that was made for a head."""
        ...

    def neighbours(self, repository: str, number: int) -> Sequence[tuple[Target, int]]:
        """The targets that a pull's newest plan changes and another open pull's as well, with that one's number, both
        sorted. A closed pull has none."""
        ...

    def keep_commit(self, repository: str, commit: str, plan: Plan) -> None:
        """The plan of a commit that came without a pull."""
        ...

    def of_commit(self, repository: str, commit: str) -> Plan | None: ...

    def unfinished(self) -> Sequence[tuple[str, int]]:
        """Repository and number of the pulls that are being planned."""
        ...


class Deployments(Protocol):
    """Deployments, newest `seq` last."""

    def add(self, deployment: Deployment) -> Deployment | None:
        """Write a new row (id and seq are given here); None when (repository, target, commit, attempt) is there."""
        ...

    def save(self, deployment: Deployment) -> None:
        """Write a row back. Raises ValueError for a move that the transition table does not allow."""
        ...

    def get(self, id: int) -> Deployment | None:
        """One row, kept from other writers until the transaction ends."""
        ...

    def of_target(self, repository: str, target: Target) -> Sequence[Deployment]: ...

    def of_commit(self, repository: str, commit: str) -> Sequence[Deployment]: ...

    def of_pull(self, repository: str, number: int) -> Sequence[Deployment]: ...

    def targets(self, repository: str) -> Sequence[Target]:
        """Targets that ever had a deployment."""
        ...

    def unfinished(self) -> Sequence[Deployment]: ...


class InventoryRows(Protocol):
    """The ledger's half of the inventory."""

    def of(self, repository: str, target: Target) -> Sequence[InventoryRow]: ...

    def put(self, repository: str, target: Target, rows: Sequence[InventoryRow]) -> None:
        """Insert or replace rows by object key."""
        ...

    def elsewhere(
        self, repository: str, target: Target, objects: Sequence[ObjectKey]
    ) -> Mapping[ObjectKey, tuple[Target, InventoryRow]]:
        """Which of these objects other targets of the repository have, and their rows there."""
        ...

    def drop(self, repository: str, target: Target, objects: Sequence[ObjectKey]) -> None:
        """Forget these objects; those without a row are passed over."""
        ...


class Verified(Protocol):
    """Hashes of what a dry-run showed to be as Git has it (bot/planning/verifying.py). Only planning reads them."""

    def of(self, repository: str, target: Target) -> frozenset[str]:
        """Those of the last hour."""
        ...

    def put(self, repository: str, target: Target, hashes: Collection[str]) -> None:
        """Note these as of now, and let go of what is older than an hour."""
        ...


class Slots(Protocol):
    """What was written where on the forge, so that it is rewritten and not repeated. Subjects: pull or commit keys."""

    def get(self, subject: str, slot: str) -> Said | None: ...

    def put(self, subject: str, slot: str, said: Said) -> None: ...

    def drop(self, subject: str, slot: str) -> None: ...

    def under(self, subject: str) -> Sequence[str]:
        """Names of the slots of a subject."""
        ...


class Jobs(Protocol):
    """Jobs that are due."""

    def put(self, job: Job, after: float = 0.0) -> None:
        """Make a job due in that many seconds, in this transaction. See `Job` about repeats."""
        ...

    def due(self, job: Job) -> bool:
        """Whether one waits to start."""
        ...

    def began(self, job: Job) -> float:
        """When a plan or say job last began to run, in seconds since the epoch; 0 when it never did."""
        ...


class Transaction(Protocol):
    """One transaction; it commits when its context ends well."""

    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def repositories(self) -> Repositories: ...
    @property
    def plans(self) -> Plans: ...
    @property
    def candidates(self) -> Candidates: ...
    @property
    def deployments(self) -> Deployments: ...
    @property
    def inventory(self) -> InventoryRows: ...
    @property
    def slots(self) -> Slots: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def approvals(self) -> Approvals: ...
    @property
    def holds(self) -> Holds: ...
    @property
    def locks(self) -> Locks: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def verified(self) -> Verified: ...
    @property
    def figures(self) -> Figures: ...
    @property
    def retention(self) -> Retention: ...
    @property
    def jobs(self) -> Jobs: ...


class Ledger(Protocol):
    """The database."""

    def begin(self) -> AbstractContextManager[Transaction]:
        """One transaction that takes rows and jobs together, or neither."""
        ...
