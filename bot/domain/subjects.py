"""What a job or a row is about, and its one spelling: repository, pull, commit, target. Keys carry ids only."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Target:
    """One app in one environment: the unit of planning, deploying, locking and inventory."""

    environment: str
    app: str

    def __str__(self) -> str:
        return f"{self.environment}/{self.app}"

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Read `prod/web`. An app may hold slashes only behind the first one; raises ValueError without any."""
        environment, slash, app = text.partition("/")
        if not (environment and slash and app):
            raise ValueError(f"{text!r} is not a target: write environment/app, as in prod/web")
        return cls(environment, app)


def pull_key(repository: str, number: int) -> str:
    """`github:12#5`: the key of jobs about a pull."""
    return f"{repository}#{number}"


def commit_key(repository: str, commit: str) -> str:
    """`github:12@1a2b…`: the key of jobs about a commit."""
    return f"{repository}@{commit}"


def target_key(repository: str, target: Target) -> str:
    """`github:12 prod/web`: the key of jobs about a target."""
    return f"{repository} {target}"


def read_pull_key(key: str) -> tuple[str, int]:
    """The parts of `pull_key`."""
    repository, _, number = key.rpartition("#")
    return repository, int(number)


def read_commit_key(key: str) -> tuple[str, str]:
    """The parts of `commit_key`."""
    repository, _, commit = key.rpartition("@")
    return repository, commit


def read_target_key(key: str) -> tuple[str, Target]:
    """The parts of `target_key`."""
    repository, _, target = key.partition(" ")
    return repository, Target.parse(target)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do soon, once: `name` is the reaction, `key` what it is about. One at a time per queue and key.

    A job is put inside the transaction that makes it needed. While one of the same name and key waits to start, putting
    it again changes nothing but, when the new one is due sooner, its time.
    """

    queue: str
    name: str
    key: str


def plan_job(repository: str, number: int) -> Job:
    """Plan a pull."""
    return Job("plan", "plan", pull_key(repository, number))


def reviews_job(repository: str, number: int) -> Job:
    """Read a pull's reviews."""
    return Job("plan", "reviews", pull_key(repository, number))


def branch_job(repository: str) -> Job:
    """Look at the default branch and see what it delivers."""
    return Job("plan", "branch", repository)


def candidate_job(repository: str, head: str) -> Job:
    """Plan a merge queue's candidate."""
    return Job("plan", "candidate", commit_key(repository, head))


def commit_plan_job(repository: str, commit: str) -> Job:
    """Plan a commit that came without a pull."""
    return Job("plan", "commit-plan", commit_key(repository, commit))


def bases_job(repository: str) -> Job:
    """See which open pulls the default branch has overtaken."""
    return Job("plan", "bases", repository)


def orphans_job(repository: str) -> Job:
    """Look for what a repository's targets left lying in clusters."""
    return Job("plan", "orphans", repository)


def look_job(repository: str, target: Target) -> Job:
    """One look at a target's deployments."""
    return Job("apply", "look", target_key(repository, target))


def say_pull_job(repository: str, number: int) -> Job:
    """Bring a pull's comments and checks to what the ledger says."""
    return Job("say", "say-pull", pull_key(repository, number))


def say_candidate_job(repository: str, head: str) -> Job:
    """Bring the check of a merge queue's candidate to what the ledger says."""
    return Job("say", "say-candidate", commit_key(repository, head))


def say_commit_job(repository: str, commit: str) -> Job:
    """Bring a commit's checks and forge deployments to what the ledger says."""
    return Job("say", "say-commit", commit_key(repository, commit))
