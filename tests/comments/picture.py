"""Takes the README's picture anew, of a plan on the forge's own page: `python -m tests.comments.picture`.

Needs chromium on PATH. Look at what comes out.
"""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from bot.comments.checks import plan_check
from bot.comments.plan import About, plan_comment
from bot.domain.plans import Change, Finding, Level, Plan, Verb
from bot.objects.redact import inert
from fixtures.forge import Forge
from tests.comments.samples import (
    CACHE,
    DRIFT,
    HEAD,
    IMAGE,
    SETTINGS_UPDATE,
    WEB,
    field,
    plan,
    row,
)

PICTURE = Path(__file__).parents[2] / ".github" / "plan.png"
SIZE = "1012,1685"


def shown() -> Plan:
    """A plan with something of everything: a change in two environments, a delete, drift, a warning."""
    gone = Change(CACHE, Verb.DELETE, (field("spec.resources.requests.storage", "2Gi", None),))
    probe = Finding(
        Level.WARN,
        "probe-removed",
        inert("the readiness probe is removed"),
        WEB,
        "spec.template.spec.containers[web].readinessProbe",
        "apps/web/overlays/prod/deployment.yaml",
        14,
    )
    removed = field("spec.template.spec.containers[web].readinessProbe.httpGet.path", "/ready", None)
    prod = Change(WEB, Verb.UPDATE, (IMAGE, removed))
    facts = {"drifted": (DRIFT,), "findings": (probe,)}
    risky = row("prod/web", prod, SETTINGS_UPDATE, gone, **facts)
    return plan(
        replace(risky, command=risky.dangers),
        row("staging/web", Change(WEB, Verb.UPDATE, (IMAGE,)), SETTINGS_UPDATE),
        row("staging/api"),
    )


def main() -> None:
    """Serve the page and photograph it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or "google-chrome"
    with Forge() as forge:
        forge.add_user("ana")
        forge.add_repository("acme/shop", {"a.yaml": "a\n"})
        forge.set_role("acme/shop", "ana", "maintain")
        forge.install_app("acme", ["acme/shop"])
        forge.push_branch("log-more", {"a.yaml": "b\n"}, by="ana")
        number = forge.open_pull("log-more", by="ana", title="Web 1.5.0: log more, drop the cache")
        (body,) = plan_comment(shown(), About(HEAD, page=f"{forge.url}/acme/shop/runs/1"))
        with forge.rooms.world.lock:
            forge.rooms.conversation.comment(forge.repository(), number, body, forge.app.bot_login)
        print(plan_check(shown(), HEAD).title)
        page = f"{forge.url}/acme/shop/pull/{number}"
        options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={SIZE}")
        subprocess.run([chromium, *options, f"--screenshot={PICTURE}", page], check=True, capture_output=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
