"""What targets rendered to, commit by commit, and which pulls brought the commits that changed them."""

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from bot.domain.config import Config
from bot.domain.errors import UserMistake
from bot.domain.pulls import Pull, Repository
from bot.domain.subjects import Target
from bot.objects.canonical import digest
from bot.planning.configs import config_at
from bot.planning.rendering import Rendering, Tree, tree_at
from bot.ports.forge import Forge

MOST_COMMITS = 100
"""How many commits of a range are looked at for the pulls they brought; of a longer one, the newest."""


@dataclass
class Brought:
    """What a range brought to one target: what each pull merged, by its number, and the commits whose rules judge the
    pulls, by their number too, and the commits that came without one, each once. `undone` are the pulls that the range
    takes back exactly, and those that did it."""

    pulls: dict[int, str] = field(default_factory=dict)
    rulers: dict[int, str] = field(default_factory=dict)
    direct_rulers: list[str] = field(default_factory=list)
    undone: set[int] = field(default_factory=set)


class History:
    """One look at a branch's history. A context: trees that were unpacked for rendering are removed at its end."""

    def __init__(self, rendering: Rendering, forge: Forge) -> None:
        self._rendering, self._forge, self._repository = rendering, forge, forge.repository
        self._configs: dict[str, Config | UserMistake | None] = {}
        self._pulls: dict[str, tuple[Pull, ...]] = {}
        self._trees = ExitStack()
        self._tree: Tree | None = None

    def __enter__(self) -> Self:
        return self

    @property
    def repository(self) -> Repository:
        """Whose history it is."""
        return self._repository

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._trees.close()

    def config(self, commit: str) -> Config | None:
        """The config of a commit. Raises UserMistake when it cannot be read."""
        if commit not in self._configs:
            try:
                self._configs[commit] = config_at(self._rendering.workspace, self._repository, commit, merged=True)
            except UserMistake as mistake:
                self._configs[commit] = mistake
        found = self._configs[commit]
        if isinstance(found, UserMistake):
            raise found
        return found

    def contents(self, commit: str, target: Target) -> str:
        """What a target renders to at a commit, as one comparable text: empty where it is not there, and what is broken
        is told apart by its mistake; for a chart, what it renders from. Cheapest when asked commit by commit."""
        if not commit:
            return ""
        try:
            config = self.config(commit)
            if config is None or not config.names(target):
                return ""
            app = config.app(target)
            tree = self.tree(commit)
            if tree.is_chart(app):
                return tree.chart_inputs(app)
            bodies = [source.body for source in tree.render(app).objects]
        except UserMistake as mistake:
            return f"broken: {mistake}"
        return digest({"namespace": app.namespace, "objects": bodies})

    def tree(self, commit: str) -> Tree:
        """A commit's tree; only the newest one asked for stays open."""
        if self._tree is None or self._tree.commit != commit:
            self._trees.close()
            self._tree = self._trees.enter_context(tree_at(self._rendering, self._repository, commit))
        return self._tree

    def brought(
        self, since: str, tip: str, targets: Sequence[Target], delivered: Collection[str]
    ) -> dict[Target, Brought]:
        """What the commits after `since` up to the tip brought to each target. `delivered` are older tips: a push ends
        at one. Raises TryLater when the forge is away or does not know a commit yet."""
        commits = list(self._rendering.workspace.commits(self._repository, since, tip))[-MOST_COMMITS:]
        found = {target: Brought() for target in targets}
        trails: dict[Target, list[tuple[str, set[int]]]] = {
            target: [(self.contents(since, target), set())] for target in targets
        }
        for index, commit in enumerate(commits):
            for target in targets:
                after, trail = self.contents(commit, target), trails[target]
                if after != trail[-1][0]:
                    self._note(found[target], [since, *commits[: index + 1]], delivered)
                    found[target].undone |= _undone(trail, after, {each.number for each in self._containing(commit)})
        return found

    def _note(self, brought: Brought, line: Sequence[str], delivered: Collection[str]) -> None:
        """Note what the last commit of a line brought; the line begins with the commit before the range.

        A pull is judged under the rules before its first commit, a push without one under those before all of the push:
        nobody loosens a rule with one commit to profit from it with the next.
        """
        pulls = self._containing(line[-1])
        numbers = {pull.number for pull in pulls}
        first = len(line) - 1
        while first > 1 and self._together(line[first - 1], numbers, delivered):
            first -= 1
        for pull in pulls:
            brought.pulls[pull.number] = pull.head
            brought.rulers.setdefault(pull.number, line[first - 1])
        if not pulls and line[first - 1] not in brought.direct_rulers:
            brought.direct_rulers.append(line[first - 1])

    def _together(self, commit: str, numbers: set[int], delivered: Collection[str]) -> bool:
        """Whether a commit came with the one after it: in the same pull, or without any in the same push."""
        before = {pull.number for pull in self._containing(commit)}
        return bool(numbers & before) if numbers else not before and commit not in delivered

    def _containing(self, commit: str) -> tuple[Pull, ...]:
        if commit not in self._pulls:
            self._pulls[commit] = tuple(self._forge.pulls.containing(commit))
        return self._pulls[commit]


def reachable(rendering: Rendering, repository: Repository, commit: str) -> bool:
    """Whether an older commit can still be had: a rewritten branch may have lost it. Raises TryLater."""
    try:
        rendering.workspace.fetch(repository, commit)
    except UserMistake:
        return False
    return True


def _undone(trail: list[tuple[str, set[int]]], after: str, numbers: set[int]) -> set[int]:
    """The pulls that cancel out, where a target has become what it was before: all since then. The trail holds what it
    rendered to, with the pulls that made it so, and is shortened to that point; else it grows."""
    back = next((at for at, (contents, _) in enumerate(trail) if contents == after), None)
    if back is None:
        trail.append((after, numbers))
        return set()
    gone = numbers.union(*(each for _, each in trail[back + 1 :]))
    del trail[back + 1 :]
    return gone
