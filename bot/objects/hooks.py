"""Hooks: what runs before or after everything else, ours and as other tools write them, and what is never applied.

A Job or Pod that is a hook runs once for each commit (and for each new attempt at it), so it is written under a name
that ends in the commit: what ran is never changed and never run again. Every other kind with a hook annotation is an
ordinary object that only comes in the hooks' turn. Helm's and Argo CD's hooks are mapped (helm.sh/docs/topics/
charts_hooks; resource hooks of Argo CD's user guide); `Sync` and `crd-install` are ordinary objects. Helm's `install`
hooks run when a target is deployed for the first time, its `upgrade` hooks at every later deployment.

Of their delete policies only one asks for anything here: what succeeded is deleted where `hook-succeeded` says so.
Every run has a name of its own, so nothing has to go before it is created, and the runs of earlier commits go once a
later one is healthy. A run that failed stays until then whatever its policy says, so that people can see what it did.
"""

import re
from enum import StrEnum
from typing import Final

from bot.objects.identity import Kind, Object, kind_of

HOOK: Final = "plumbline.dev/hook"
HELM_HOOK: Final = "helm.sh/hook"
_ARGO_HOOK: Final = "argocd.argoproj.io/hook"


class Phase(StrEnum):
    """When a hook has its turn: before anything that runs is applied, or after everything is healthy."""

    BEFORE = "before"
    AFTER = "after"


_PHASES: Final = {
    HOOK: {"before": Phase.BEFORE, "after": Phase.AFTER},
    _ARGO_HOOK: {"PreSync": Phase.BEFORE, "PostSync": Phase.AFTER},
    HELM_HOOK: {
        "pre-install": Phase.BEFORE,
        "pre-upgrade": Phase.BEFORE,
        "post-install": Phase.AFTER,
        "post-upgrade": Phase.AFTER,
    },
}
_NEVER: Final = {
    HELM_HOOK: {
        "post-delete",
        "post-rollback",
        "pre-delete",
        "pre-rollback",
        "test",
        "test-failure",
        "test-success",
    },
    _ARGO_HOOK: {"PostDelete", "PreDelete", "Skip", "SyncFail"},
}
_INSTALL: Final = {"pre-install", "post-install"}
_UPGRADE: Final = {"pre-upgrade", "post-upgrade"}
_DELETED: Final = {
    "helm.sh/hook-delete-policy": "hook-succeeded",
    "argocd.argoproj.io/hook-delete-policy": "HookSucceeded",
}
_RUN_ONCE: Final = (Kind("", "Pod"), Kind("batch", "Job"))
_COMMIT: Final = 10
"""Digits of the commit in a name: enough that two commits of a repository never share them."""
_RUN: Final = re.compile(rf"(?P<stem>.+)-[0-9a-f]{{{_COMMIT}}}(-[0-9]+)?")
_LONGEST: Final = 63
"""What a Job's name may have, since its pods carry it as a label."""


def phase_of(body: Object) -> Phase | None:
    """The phase of a hook; None for an object that is no hook, or one of a kind that is never applied."""
    if not body["metadata"].get("annotations"):
        return None
    for name, phases in _PHASES.items():
        found = next((phases[word] for word in _words(body, name) if word in phases), None)
        if found is not None:
            return found
    return None


def unknown_hook(body: Object) -> str:
    """The word in our own annotation that is no phase; empty when there is none."""
    return next((word for word in _words(body, HOOK) if word not in _PHASES[HOOK]), "")


def runs_once(body: Object) -> bool:
    """Whether an object is a hook that runs and ends, once per commit."""
    return phase_of(body) is not None and kind_of(body) in _RUN_ONCE


def has_its_turn(body: Object, *, installs: bool) -> bool:
    """Whether a hook runs in a deployment; `installs` says that it is the target's first."""
    words = set(_words(body, HELM_HOOK))
    if not words & (_INSTALL | _UPGRADE) or _words(body, HOOK) or _words(body, _ARGO_HOOK):
        return True
    return bool(words & (_INSTALL if installs else _UPGRADE))


def goes_when_it_succeeded(body: Object) -> bool:
    """Whether a run is deleted once its deployment is healthy, by the annotation of Helm or Argo CD."""
    return any(word in _words(body, name) for name, word in _DELETED.items())


def goes_by_itself(body: Object) -> bool:
    """Whether the cluster deletes an object once it has ended: a Job with `ttlSecondsAfterFinished` (batch/v1)."""
    spec = body.get("spec")
    ended = isinstance(spec, dict) and isinstance(spec.get("ttlSecondsAfterFinished"), int)
    return ended and kind_of(body) == Kind("batch", "Job")


def run_of(body: Object, commit: str, attempt: int) -> Object:
    """The hook as it is written for a commit: `migrate` becomes `migrate-1a2b3c4d5e`, and `…-2` at a second attempt."""
    ending = f"-{commit[:_COMMIT]}" + (f"-{attempt}" if attempt > 1 else "")
    name = str(body["metadata"]["name"])[: _LONGEST - len(ending)].rstrip("-.") + ending
    return {**body, "metadata": {**body["metadata"], "name": name}}


def ran_as(run: str, hook: str) -> bool:
    """Whether a name is that of a hook as it was written for some commit."""
    found = _RUN.fullmatch(run)
    return bool(found and (found["stem"] == hook or (len(run) == _LONGEST and hook.startswith(found["stem"]))))


def never_applied(body: Object) -> str:
    """The hook, as `helm.sh/hook: test`, for which alone an object exists; empty when a deployment applies it."""
    for name, words in _NEVER.items():
        written = set(_words(body, name))
        if written and written <= words:
            return f"{name}: {', '.join(sorted(written))}"
    return ""


def _words(body: Object, annotation: str) -> list[str]:
    written = (body["metadata"].get("annotations") or {}).get(annotation)
    return [word for word in str(written).replace(" ", "").split(",") if word] if written else []
