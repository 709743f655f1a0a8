"""A branch that moves while two targets deploy, played with the real decisions: order, eligibility and taking over.

prod comes after staging. Every commit is a pull; it touches one target or both, may be bad (staging never gets healthy
with it), and prod wants each pull approved. What the bot does at a look is done here by the functions it uses.
"""

from dataclasses import dataclass, field, replace

from bot.delivery.order import chosen, late, named_by, newest_eligible
from bot.domain.config import App, CommandSettings, Config, Environment
from bot.domain.deployments import Deployment, DeploymentState, may_follow
from bot.domain.subjects import Target

STAGING, PROD = Target("staging", "web"), Target("prod", "web")
RULES = Config(
    apps={"web": App("web", "web/{environment}", ("staging", "prod"))},
    environments={"staging": Environment("staging", "one"), "prod": Environment("prod", "two", after=("staging",))},
    commands=CommandSettings(),
)
S = DeploymentState


@dataclass
class Branch:
    """Commits c1, c2, … and both targets' deployments; `live` is what each runs healthily, oldest first."""

    commits: list[str] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    approved: set[int] = field(default_factory=set)
    rows: dict[Target, list[Deployment]] = field(default_factory=lambda: {STAGING: [], PROD: []})
    live: dict[Target, list[str]] = field(default_factory=lambda: {STAGING: [], PROD: []})

    def merge(self, *, touches: tuple[Target, ...], bad: bool = False, approved: bool = True) -> None:
        """A pull is merged; the tip is delivered."""
        number = len(self.commits) + 1
        commit = f"c{number}"
        self.commits.append(commit)
        if bad:
            self.bad.add(commit)
        if approved:
            self.approved.add(number)
        for target in touches:
            since = self.live[target][-1] if self.live[target] else ""
            begins = self.commits.index(since) + 1 if since else 0
            brought = [each for row in self.rows[target] for each in row.pulls if each > begins]
            pulls = tuple(sorted({*brought, number}))
            row = Deployment(
                number, "r", target, commit, 1, len(self.rows[target]) + 1, S.WAITING, since=since, pulls=pulls
            )
            self.rows[target].append(row)

    def places(self, row: Deployment) -> dict[str, int]:
        """Where the commits from the row's own on stand."""
        return {commit: at for at, commit in enumerate(self.commits[self.commits.index(row.commit) :])}

    def unmet(self, row: Deployment) -> list[str]:
        """What a row waits for: approvals of every pull it contains (prod only), and its order."""
        missing = [f"#{each}" for each in row.pulls if row.target == PROD and each not in self.approved]
        named = named_by(row.target, RULES.environment(row.target), RULES)
        others = {each: self.rows[each] for each in named}
        return missing + [str(each) for each in late(row, self.rows[row.target], others, self.places(row))]

    def look(self, target: Target) -> Deployment | None:
        """One look at a target: the row that is worked on afterwards."""
        active = [row for row in self.rows[target] if not row.state.ended and row.state is not S.WAITING]
        running = active[-1] if active else None
        waiting = [row for row in self.rows[target] if row.state is S.WAITING]
        eligible = newest_eligible([(row, self.unmet(row)) for row in waiting])
        found = chosen(running, eligible, named=target == STAGING)
        if found is not None and found is not running:
            self.begins(found)
        return found

    def begins(self, row: Deployment) -> None:
        """A row leaves `waiting` and takes its target over."""
        self.move(row, S.CONFIRMING)
        for older in self.rows[row.target]:
            if older.seq < row.seq and not older.state.ended:
                self.move(older, S.SUPERSEDED)
        self.move(row, S.APPLYING)
        self.move(row, S.SETTLING)

    def settle(self, target: Target) -> None:
        """What runs there ends: healthy, or failed where it is bad."""
        for row in self.rows[target]:
            if row.state is S.SETTLING:
                good = row.commit not in self.bad
                self.move(row, S.HEALTHY if good else S.FAILED)
                if good:
                    self.live[target].append(row.commit)

    def move(self, row: Deployment, state: DeploymentState) -> None:
        """The row in its next state, as the transition table allows."""
        at = next(i for i, each in enumerate(self.rows[row.target]) if each.seq == row.seq)
        before = self.rows[row.target][at]
        assert may_follow(before.state, state), f"{before.state} cannot become {state}"
        self.rows[row.target][at] = replace(before, state=state)

    def rest(self) -> None:
        """Nothing is merged any more: looks and settling until nothing changes."""
        before = None
        while before != self.rows:
            before = {target: list(rows) for target, rows in self.rows.items()}
            for target in (STAGING, PROD):
                self.look(target)
                self.settle(target)
