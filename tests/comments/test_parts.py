"""Long comments: whatever comes in, every part fits, nothing is cut inside a fence or fold, dangers come first."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.comments.parts import BYTES, CODE_POINTS, MOST, Item, Section, pack
from bot.comments.plan import About, plan_comment
from bot.domain.plans import Change, Verb
from bot.objects.identity import ObjectKey
from tests.comments.samples import HEAD, field, plan, row

LETTERS = st.sampled_from("aé漢🚀")
ITEMS = st.builds(
    lambda letter, lines: Item("`x`\n```diff\n" + f"+ {letter * 80}\n" * lines + "```", f"`x` {letter}, {lines} lines"),
    LETTERS,
    st.integers(0, 120),
)
SECTIONS = st.lists(st.builds(Section, st.just("<b>prod/web</b>"), st.lists(ITEMS, max_size=60).map(tuple)), max_size=6)


def whole(part: str) -> bool:
    """Whether fences and folds that begin in a part also end in it."""
    fences = re.findall(r"^```", part, re.MULTILINE)
    opened, closed = part.count("<details"), part.count("</details>")
    return len(fences) % 2 == 0 and opened == closed


@settings(max_examples=60, deadline=None)
@given(SECTIONS)
def test_every_part_fits_and_is_whole(sections: list[Section]) -> None:
    parts = pack("### Plan", sections, "<sub>foot</sub>")
    assert 1 <= len(parts) <= MOST
    for part in parts:
        assert len(part) <= CODE_POINTS
        assert len(part.encode()) <= BYTES
        assert whole(part)
    assert parts[0].startswith("### Plan")
    assert "<sub>foot</sub>" in parts[-1]


def big(name: str, objects: int, fields: int, verb: Verb = Verb.UPDATE) -> tuple[Change, ...]:
    """Many objects with long differences, all different."""
    return tuple(
        Change(
            ObjectKey("", "ConfigMap", "shop", f"{name}-{at}"),
            verb,
            tuple(field(f"data[key-{at}-{n}]", "a" * 100, "b" * 100) for n in range(fields)),
        )
        for at in range(objects)
    )


def test_short_plan_is_one_part_without_a_number() -> None:
    (only,) = plan_comment(plan(row("prod/web", *big("x", 3, 3))), About(HEAD))
    assert "Part 1" not in only


def test_long_plan_is_numbered_parts_that_name_every_object() -> None:
    parts = plan_comment(plan(row("prod/web", *big("x", 200, 5))), About(HEAD))
    assert 2 <= len(parts) <= MOST
    assert [f"_Part {at} of {len(parts)}_" in part for at, part in enumerate(parts, 1)] == [True] * len(parts)
    assert all(whole(part) for part in parts)
    assert all(f"`ConfigMap shop/x-{at}`" in "".join(parts) for at in range(200))


def test_huge_plan_ends_in_one_line_per_object_with_dangers_in_the_first_part() -> None:
    changes = (*big("x", 1500, 8), *big("gone", 3, 1, Verb.DELETE))
    parts = plan_comment(plan(row("prod/web", *changes)), About(HEAD))
    assert len(parts) == MOST
    everything = "".join(parts)
    assert all(f"deletes `ConfigMap shop/gone-{at}`" in parts[0] for at in range(3))
    assert "```diff" in parts[1]
    assert "- `ConfigMap shop/x-1499` · update, 8 fields" in everything
    assert all(f"`ConfigMap shop/x-{at}`" in everything for at in range(1500))
    assert all(whole(part) for part in parts)


def test_one_endless_object_is_cut_between_lines_and_says_so() -> None:
    (only,) = plan_comment(plan(row("prod/web", *big("x", 1, 4000))), About(HEAD))
    assert whole(only)
    assert "@@ 11,880 more lines @@" in only


def test_two_hundred_targets_with_errors_and_dangers_leave_a_first_part_that_fits() -> None:
    names = [f"prod/app-{at:03}-{'x' * 40}" for at in range(200)]
    rows = [row(name, *big("gone" + "y" * 200, 3, 1, Verb.DELETE)) for name in names]
    parts = plan_comment(plan(*rows), About(HEAD))
    assert all(len(part) <= CODE_POINTS and whole(part) for part in parts)
    assert "more rows" in parts[0]
    assert parts[0].startswith("### Plan: 200 apps change in prod · 600 deletes")
