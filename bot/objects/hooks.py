"""Objects of other tools' hooks that a deployment never applies: tests, and what runs around deletions and failures.

Helm: helm.sh/docs/topics/charts_hooks. Argo CD: resource hooks of its user guide.
"""

from typing import Final

from bot.objects.identity import Object

_NEVER: Final = {
    "helm.sh/hook": {
        "post-delete",
        "post-rollback",
        "pre-delete",
        "pre-rollback",
        "test",
        "test-failure",
        "test-success",
    },
    "argocd.argoproj.io/hook": {"PostDelete", "PreDelete", "Skip", "SyncFail"},
}


def never_applied(body: Object) -> str:
    """The hook, as `helm.sh/hook: test`, for which alone an object exists; empty when a deployment applies it."""
    annotations = body["metadata"].get("annotations") or {}
    for name, words in _NEVER.items():
        written = {word for word in str(annotations.get(name) or "").replace(" ", "").split(",") if word}
        if written and written <= words:
            return f"{name}: {', '.join(sorted(written))}"
    return ""
