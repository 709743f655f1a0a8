"""Which other tool keeps an object as it wants it, by the marks that tools leave, and the commands that release it.

Argo CD: user guide, resource tracking and app deletion. Flux: Kustomization API, `reconcile: disabled`; suspending a
HelmRelease. Helm forgets a release whose records are gone and deletes nothing then; `helm uninstall` deletes the
objects, since it heeds `helm.sh/resource-policy` in its own records only (helm#8132, seen with 4.3).
"""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.objects.identity import Object, ObjectKey, key_of
from bot.objects.ownership import owners_of
from bot.objects.paths import ABSENT, Path, value_at

_TRACKING = "argocd.argoproj.io/tracking-id"
_INSTANCE, _COMMON = "argocd.argoproj.io/instance", "app.kubernetes.io/instance"
_KUSTOMIZE, _RELEASE = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"
_HELM = "meta.helm.sh"
_LEFT = {"reconcile": "disabled", "ssa": "ignore"}
"""Annotations or labels of a live object by which Flux is told to leave it alone."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """A tool, what it calls its own there, and its field manager. `fights`: it writes again by itself. `release` are
    the commands, in order, after which it lets go of the object and its mark is gone; none where there is no such."""

    tool: str
    name: str
    manager: str
    fights: bool
    release: tuple[str, ...]


def kept_by(live: Object, ours: Object) -> Keeper | None:
    """The tool whose mark a live object carries; None when there is none, or it was told to leave the object alone.

    A mark that our own object carries says nothing about the present.
    """
    marks = _Marks(live, ours)
    found = (keeper for find in _KEEPERS for keeper in find(marks))
    return next(found, None)


def spelled(key: ObjectKey) -> str:
    """An object as commands of kubectl take it: `deployment.apps/web -n shop`."""
    kind = f"{key.kind}.{key.group}" if key.group else key.kind
    return _command(f"{kind.lower()}/{key.name}", *(("-n", key.namespace) if key.namespace else ()))


class _Marks:
    """What a live object carries and ours does not."""

    def __init__(self, live: Object, ours: Object) -> None:
        self.live, self._ours = live, ours
        self.key = key_of(live)

    def label(self, name: str) -> str:
        return self._at(("metadata", "labels", name))

    def annotation(self, name: str) -> str:
        return self._at(("metadata", "annotations", name))

    def drop(self, name: str) -> str:
        """The command that takes a mark away."""
        verb = "label" if name in (self.live["metadata"].get("labels") or {}) else "annotate"
        return f"kubectl {verb} {spelled(self.key)} {name}-"

    def _at(self, path: Path) -> str:
        value = value_at(self.live, path)
        return value if isinstance(value, str) and value_at(self._ours, path) is ABSENT else ""


def _argo(marks: _Marks) -> Iterator[Keeper]:
    mark, tracked = next(((name, app) for name, app in _argo_marks(marks) if app), ("", ""))
    if tracked:
        namespace, _, app = tracked.rpartition("_")
        gone = _command("argocd", "app", "delete", f"{namespace}/{app}" if namespace else app, "--cascade=false")
        yield Keeper("Argo CD", tracked, "argocd-controller", True, (gone, marks.drop(mark)))


def _tracked(marks: _Marks) -> str:
    """The app in a tracking id (`app:group/Kind:namespace/name`), where the id is the object's own and not copied."""
    app, _, rest = marks.annotation(_TRACKING).partition(":")
    kind, _, name = rest.partition(":")
    own = (kind.rpartition("/")[2], name.rpartition("/")[2]) == (marks.key.kind, marks.key.name)
    return app if own or not rest else ""


def _argo_marks(marks: _Marks) -> Iterator[tuple[str, str]]:
    """Argo CD's marks with the app that each names. Many charts write the last one too: it counts who wrote it."""
    yield _TRACKING, _tracked(marks)
    yield _INSTANCE, marks.label(_INSTANCE)
    path: Path = ("metadata", "labels", _COMMON)
    by_argo = any(owner.manager.startswith("argocd") for owner in owners_of(marks.live, path))
    value = value_at(marks.live, path)
    yield _COMMON, value if by_argo and isinstance(value, str) else ""


def _kustomization(marks: _Marks) -> Iterator[Keeper]:
    name = marks.label(f"{_KUSTOMIZE}/name")
    reads = (marks.annotation, marks.label)
    told = {(option, read(f"{_KUSTOMIZE}/{option}").lower()) for option in _LEFT for read in reads}
    if name and not told & {*_LEFT.items()}:
        left = f"kubectl annotate {spelled(marks.key)} {_KUSTOMIZE}/reconcile=disabled"
        yield Keeper("Flux", f"Kustomization {name}", "kustomize-controller", True, (left,))


def _helm_release(marks: _Marks) -> Iterator[Keeper]:
    name, namespace = marks.label(f"{_RELEASE}/name"), marks.label(f"{_RELEASE}/namespace")
    if name:
        suspended = _command("flux", "suspend", "helmrelease", name, *(("-n", namespace) if namespace else ()))
        release = (suspended, marks.drop(f"{_RELEASE}/name"))
        yield Keeper("Flux", f"HelmRelease {name}", "helm-controller", True, release)


def _helm(marks: _Marks) -> Iterator[Keeper]:
    name, namespace = marks.annotation(f"{_HELM}/release-name"), marks.annotation(f"{_HELM}/release-namespace")
    if name:
        records = _command("-n", namespace or marks.key.namespace, "-l", f"owner=helm,name={name}")
        release = (f"kubectl delete secret {records}", marks.drop(f"{_HELM}/release-name"))
        yield Keeper("Helm", f"release {name}", "helm", False, release)


def _owner(marks: _Marks) -> Iterator[Keeper]:
    """A controller that made the object for another one, and deletes it with that one."""
    references = value_at(marks.live, ("metadata", "ownerReferences"))
    for each in references if isinstance(references, list) else ():
        if each.get("controller") is True:
            yield Keeper(f"the {each.get('kind')} {each.get('name')}", "", "", True, ())


_KEEPERS: tuple[Callable[[_Marks], Iterator[Keeper]], ...] = (_argo, _kustomization, _helm_release, _helm, _owner)


def _command(*words: str) -> str:
    """Words that came from the cluster are quoted: people paste the command into a shell."""
    return shlex.join(words)
