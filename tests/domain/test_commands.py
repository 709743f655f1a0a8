"""Commands as they are read from comments."""

import pytest

from bot.domain.command_lines import COMMENT_BYTES, BadCommand, Spoken, UnknownCommand, parse
from bot.domain.commands import TABLE, Command, Confirmation
from bot.domain.config import CommandSettings
from bot.domain.subjects import Target

WEB, API = Target("prod", "web"), Target("prod", "api")


DEFAULT = CommandSettings()


def said(body: str, settings: CommandSettings = DEFAULT) -> tuple[Spoken, ...]:
    return parse(body, settings)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("/plumb plan", Command("plan")),
        ("/plumb   PLAN  prod/web   prod/api ", Command("plan", (WEB, API))),
        ("/plumb plan prod/web prod/web", Command("plan", (WEB,))),
        ("/plumb plan --full prod/web", Command("plan", (WEB,), full=True)),
        ("/plumb deploy", Command("deploy")),
        (
            "/plumb deploy prod/web --confirm 3@0123abcd",
            Command("deploy", (WEB,), confirmation=Confirmation(3, "0123abcd")),
        ),
        ("/plumb deploy --confirm=1@0123abcd", Command("deploy", confirmation=Confirmation(1, "0123abcd"))),
        ("/plumb help", Command("help")),
        ("/plumb approve", Command("approve")),
        ("/plumb approve prod", Command("approve", environment="prod")),
        (
            "/plumb deploy prod/web --override window --reason the shop is down — really",
            Command("deploy", (WEB,), override="window", reason="the shop is down — really"),
        ),
        (
            '/plumb deploy --reason="it is down" --override=order',
            Command("deploy", override="order", reason="it is down"),
        ),
        ("/plumb", Command("help")),
    ],
)
def test_a_line_is_read_as_a_command(line: str, command: Command) -> None:
    assert said(line) == (command,)


@pytest.mark.parametrize(
    ("line", "message", "remedy"),
    [
        ("/plumb plan web", "'web' is not a target", "write environment/app"),
        ("/plumb plan --fulll", "plan has no option '--fulll'", "did you mean --full?"),
        ("/plumb plan —full", "plan has no option '—full'", "did you mean --full?"),
        ("/plumb plan --full=yes", "--full takes no value", "write /plumb plan"),
        ("/plumb deploy --confirm", "--confirm cannot be ''", "write --confirm N@PLAN"),
        ("/plumb deploy --confirm 3@0123ABCD", "--confirm cannot be '3@0123ABCD'", "write --confirm N@PLAN"),
        ("/plumb deploy --confirm 0@0123abcd", "--confirm cannot be '0@0123abcd'", "write --confirm N@PLAN"),
        ("/plumb deploy --confirm 1@0123abcd --confirm 2@0123abcd", "--confirm stands twice", "write /plumb deploy"),
        ("/plumb approve prod/web", "'prod/web' is not an environment", "write its name"),
        ("/plumb approve prod staging", "approve takes no 'staging'", "write /plumb approve"),
        ("/plumb deploy --override hold", "--override cannot be 'hold'", "write --override WHAT"),
        ("/plumb deploy --reason", "--reason cannot be ''", "write --reason WORDS"),
        ("/plumb help me", "help takes no 'me'", "write /plumb help"),
        ("/plumb deploy $(id)", "'$(id)' is not a target", "write environment/app"),
        (f"/plumb plan {'x' * 100}", f"'{'x' * 39}…' is not a target", "write environment/app"),
        (f"/plumb plan {'x' * 600}", "a command of 605 characters", "write 500 at most"),
    ],
)
def test_a_line_that_cannot_be_carried_out_says_why(line: str, message: str, remedy: str) -> None:
    (bad,) = said(line)
    assert isinstance(bad, BadCommand)
    assert bad.message == message
    assert bad.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("word", "nearest"), [("plna", "plan"), ("deplyo", "deploy"), ("hlep", "help"), ("rm", ""), ("x" * 100, "")]
)
def test_an_unknown_word_is_told_with_the_nearest_command(word: str, nearest: str) -> None:
    (unknown,) = said(f"/plumb {word}")
    assert isinstance(unknown, UnknownCommand)
    assert unknown.nearest == nearest
    assert len(unknown.word) <= 40


@pytest.mark.parametrize(
    "line", ["/plumbing plan", "plumb plan", "/plan", "/PLUMB plan", " /plumb plan", "x /plumb plan"]
)
def test_a_line_to_somebody_else_is_nothing(line: str) -> None:
    assert said(line) == ()


def test_several_commands_are_read_in_order_and_each_once() -> None:
    body = "Fine.\n/plumb plan\nand then\n/plumb deploy prod/web\n/plumb plan\n"
    assert said(body) == (Command("plan"), Command("deploy", (WEB,)))


def test_of_too_many_commands_none_is_carried_out() -> None:
    lines = [f"/plumb plan prod/app-{number}" for number in range(11)]
    assert len(said("\n".join(lines[:10]))) == 10
    (bad,) = said("\n".join(lines))
    assert isinstance(bad, BadCommand)


def test_a_comment_longer_than_any_forge_takes_holds_no_command() -> None:
    body = "/plumb plan\n" + "é" * (COMMENT_BYTES // 2 - 6)
    assert said(body) == (Command("plan"),)
    assert said(body + "é") == ()


def test_the_prefix_and_the_short_form_are_the_repositorys_own() -> None:
    short = CommandSettings(prefix="/gitops", short=True)
    assert said("/gitops plan\n/Deploy prod/web", short) == (Command("plan"), Command("deploy", (WEB,)))
    assert said("/plumb plan\n/aprove", short) == ()


def test_every_row_says_how_it_is_used() -> None:
    usages = {name: row.usage(CommandSettings()) for name, row in TABLE.items()}
    assert usages["deploy"] == "/plumb deploy [environment/app…] [--confirm N@PLAN] [--override WHAT] [--reason WORDS]"
    assert usages["help"] == "/plumb help"
