"""Whether GitHub knows the App and lets it in: its id and key, its permissions, a token for each installation."""

import time
from collections.abc import Iterator, Mapping, Sequence

import httpx

from bot.domain.checkups import Checkup, bad, doubtful, good
from bot.domain.errors import TryLater
from bot.domain.pulls import Repository
from bot.forges.github import checks, comments, forge_deployments, issues, permissions, pulls, reactions, reviews
from bot.forges.github.answers import Missing
from bot.forges.github.app import App
from bot.forges.github.auth import Tokens, as_app, read_needs
from bot.forges.github.connection import TIMEOUT, USER_AGENT
from bot.forges.github.github import GIT_NEEDS
from bot.ports.forge import ForgeRefused

_ABOUT = "GitHub"
_ALL = (
    *(*checks.NEEDS, *comments.NEEDS, *forge_deployments.NEEDS, *permissions.NEEDS, *permissions.TEAM_NEEDS),
    *(*pulls.NEEDS, *reactions.NEEDS, *reviews.NEEDS, *issues.NEEDS, *GIT_NEEDS),
)
"""What the client files of this folder need, all together."""


def examine_github(app_id: int, private_key: str, url: str, known: Sequence[Repository]) -> Iterator[Checkup]:
    """What there is to say of the App; `known` are the repositories seen so far."""
    try:
        app = App(app_id, private_key, url)
    except ValueError as error:
        yield bad(_ABOUT, str(error), "use the .pem file that GitHub gave you")
        return
    yield good(_ABOUT, f"the key of App {app_id} can sign")
    with httpx.Client(timeout=TIMEOUT, headers={"User-Agent": USER_AGENT}, trust_env=True) as http:
        try:
            answer = as_app(http, app, time.time(), ("GET", f"{app.api}/app")).json()
        except TryLater as away:
            yield bad(_ABOUT, away.why, "see that PLUMBLINE_GITHUB_URL is right, and the network between")
            return
        except (ForgeRefused, Missing, ValueError) as refused:
            said = str(refused) if isinstance(refused, ForgeRefused) else "the answer is none of GitHub's"
            yield bad(_ABOUT, f"does not take the App's signature: {said}", "set the App's own id, key and address")
            return
        yield good(_ABOUT, f"knows the App as {str(answer.get('slug') or answer.get('name'))[:60]}")
        yield from _permissions(answer.get("permissions") or {})
        yield from _tokens(Tokens(app, http, time.time), known)


def _permissions(given: Mapping[str, str]) -> Iterator[Checkup]:
    wanted = read_needs(_ALL)
    missing = sorted(f"{name}: {level}" for name, level in wanted.items() if given.get(name) not in (level, "write"))
    if missing:
        yield bad(_ABOUT, f"the App lacks {', '.join(missing)}", "give it the permissions of app.yaml, and accept them")
    else:
        yield good(_ABOUT, "the App has the permissions of this version")
    if given.get("contents") == "read":
        yield doubtful(_ABOUT, "the App may not write contents", "give it that if `rollback` is to open pulls")
    if "workflows" in given:
        yield doubtful(_ABOUT, "the App may write workflows", "take that away: it is never needed")


def _tokens(tokens: Tokens, known: Sequence[Repository]) -> Iterator[Checkup]:
    """A token for one repository of each installation."""
    if not known:
        yield doubtful(_ABOUT, "no repository has been seen yet", "install the App on one, with the bot running")
    for repository in {each.installation: each for each in known}.values():
        try:
            tokens.get(repository, read_needs(GIT_NEEDS))
            yield good(_ABOUT, f"gives tokens for {repository.path}")
        except (TryLater, ForgeRefused) as refused:
            yield bad(_ABOUT, f"gives no token for {repository.path}: {refused}", "see that the App is installed there")
