"""The newest eligible commit wins (G8), over many interleavings of merges, looks, approvals and ends."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.deployments import DeploymentState
from bot.domain.subjects import Target
from tests.delivery.branch_model import PROD, STAGING, Branch

BOTH = (STAGING, PROD)
touches = st.sampled_from([BOTH, (STAGING,), (PROD,), ()])
merges = st.tuples(st.just("merge"), touches, st.booleans(), st.booleans())
steps = st.tuples(st.sampled_from(["look", "settle"]), st.sampled_from(BOTH))
approvals = st.tuples(st.just("approve"), st.integers(1, 30))
stories = st.lists(st.one_of(merges, steps, steps, approvals), max_size=40)


def play(branch: Branch, step: tuple[object, ...]) -> None:
    """One step of a story, with what must be true whenever prod begins something."""
    match step:
        case ("merge", tuple() as places, bool() as bad, bool() as approved):
            branch.merge(touches=places, bad=bad, approved=approved)
        case ("approve", int() as number):
            branch.approved.add(number)
        case ("settle", target):
            branch.settle(target)  # type: ignore[arg-type]
        case ("look", target):
            before = {row.seq: row.state for row in branch.rows[target]}  # type: ignore[index]
            found = branch.look(target)  # type: ignore[arg-type]
            if target == PROD and found is not None and before[found.seq] is DeploymentState.WAITING:
                began_rightly(branch, found.seq)


def began_rightly(branch: Branch, seq: int) -> None:
    """What prod began contains no unapproved pull, staging has run it healthily, nothing newer could have gone."""
    row = next(each for each in branch.rows[PROD] if each.seq == seq)
    assert set(row.pulls) <= branch.approved
    assert branch.unmet(row) == []
    newer = [each for each in branch.rows[PROD] if each.seq > seq and each.state is DeploymentState.WAITING]
    assert all(branch.unmet(each) for each in newer)
    here = branch.commits.index(row.commit)
    own = [branch.commits.index(each.commit) for each in branch.rows[PROD] if each.seq > seq]
    until = min(own, default=len(branch.commits))
    staged = [each for each in branch.rows[STAGING] if branch.commits.index(each.commit) < until]
    before = [each for each in staged if branch.commits.index(each.commit) <= here]
    between = [each for each in staged if here < branch.commits.index(each.commit)]
    if before:  # else staging was never touched until there, and is not waited for
        assert any(each.commit in branch.live[STAGING] for each in [before[-1], *between])


@given(stories)
@settings(max_examples=100, deadline=None)
def test_prod_never_begins_what_is_unapproved_or_what_staging_did_not_run(story: list[tuple[object, ...]]) -> None:
    branch = Branch()
    for step in story:
        play(branch, step)


@given(stories)
@settings(max_examples=100, deadline=None)
def test_once_merging_rests_nothing_that_may_go_is_left_waiting(story: list[tuple[object, ...]]) -> None:
    branch = Branch()
    for step in story:
        play(branch, step)
    branch.rest()
    for target in BOTH:
        waiting = [row for row in branch.rows[target] if row.state is DeploymentState.WAITING]
        assert all(branch.unmet(row) for row in waiting), "something eligible starves"
        assert not any(row.state is DeploymentState.SETTLING for row in branch.rows[target])
    for row in branch.rows[PROD]:
        if row.state is DeploymentState.HEALTHY:
            assert set(row.pulls) <= branch.approved


@given(stories)
@settings(max_examples=60, deadline=None)
def test_once_everything_is_approved_and_mended_prod_ends_at_the_newest_commit(story: list[tuple[object, ...]]) -> None:
    branch = Branch()
    for step in story:
        play(branch, step)
    branch.rest()
    branch.merge(touches=BOTH)
    branch.approved.update(range(len(branch.commits) + 1))
    branch.rest()
    assert branch.live[STAGING][-1] == branch.live[PROD][-1] == branch.commits[-1]


def test_merges_at_every_tick_never_starve_prod_while_staging_takes_twenty() -> None:
    branch, minute, short, whole = Branch(), 20, 4, 300
    ends: dict[Target, tuple[str, int]] = {}
    reached: list[tuple[int, str]] = []
    for tick in range(1, whole):
        branch.merge(touches=BOTH, bad=tick % 7 == 3, approved=tick % 11 != 5)
        if tick % 11 == 10:
            branch.approved.update(range(tick))  # who forgot approves a little later
        for target, lasts in ((STAGING, minute), (PROD, short)):
            if ends.get(target, ("", 0))[1] == tick:
                branch.settle(target)
            found = branch.look(target)
            if found is not None and ends.get(target, ("", 0))[0] != found.commit:
                ends[target] = (found.commit, tick + lasts)  # a newer one that took over begins anew
        if branch.live[PROD] and (not reached or reached[-1][1] != branch.live[PROD][-1]):
            reached.append((tick, branch.live[PROD][-1]))
    ran = len(branch.live[STAGING])
    assert ran >= whole // minute * 6 // 10, "staging ends what it began, and begins again"
    assert len(reached) >= ran * 6 // 10, "prod receives what staging ran"
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(reached)]
    assert max(gaps) <= 4 * minute
    assert not branch.bad & set(branch.live[PROD])
    order = [branch.commits.index(commit) for commit in branch.live[PROD]]
    assert order == sorted(order), "prod never goes back"
