"""The operator's file, and what its grants cover."""

import pytest

from bot.domain.errors import UserMistake, UserMistakes
from bot.domain.grants import Grant
from bot.domain.grants_reader import DEFAULT_KINDS, read_clusters, refusal
from bot.objects.identity import Kind, ObjectKey

FILE = """\
clusters:
  prod:
    kubeconfig: /etc/plumbline/prod
    context: prod
    inventory_namespace: plumbline
    inventory_as: system:serviceaccount:plumbline:inventory
    grants:
    - repository: github:acme/shop
      environments: [prod, "prod-*"]
      namespaces: [shop, "shop-*"]
      registries: [ghcr.io/acme]
      chart_hosts: ["charts.acme.io:8443"]
      cluster_scoped: [Namespace, PriorityClass, Widget.acme.io]
      plan_as: system:serviceaccount:plumbline:plan-shop
      apply_as: system:serviceaccount:plumbline:apply-shop
      floor: {approvals: 1}
  staging:
    in_cluster: true
    pod_logs: true
    inventory_namespace: plumbline
    inventory_as: system:serviceaccount:plumbline:inventory
    grants:
    - repository: github:acme/shop
      environments: [staging]
      namespaces: [shop]
      kinds: [Deployment, Widget.acme.io]
      plan_as: system:serviceaccount:plumbline:plan-shop
      apply_as: system:serviceaccount:plumbline:apply-shop
    - repository: gitlab:acme/team/blog
      environments: [staging]
      namespaces: [blog]
      plan_as: system:serviceaccount:plumbline:plan-blog
      apply_as: system:serviceaccount:plumbline:apply-blog
"""


def grant(environment: str = "prod", cluster: str = "prod") -> Grant:
    found = read_clusters(FILE.encode(), "clusters.yaml").grant(cluster, "github:acme/shop", environment)
    assert found
    return found[1]


def test_a_grant_is_found_by_cluster_repository_and_environment() -> None:
    clusters = read_clusters(FILE.encode(), "clusters.yaml")
    found = clusters.grant("prod", "github:Acme/Shop", "prod-eu")
    assert found
    assert (found[0].name, found[0].kubeconfig, found[0].context, found[0].in_cluster) == (
        *("prod", "/etc/plumbline/prod", "prod"),
        False,
    )
    assert (found[1].floor_approvals, found[1].registries) == (1, ("ghcr.io/acme",))
    assert found[1].chart_hosts == ("charts.acme.io:8443",)
    for cluster, repository, environment in (
        ("prod", "github:acme/shop", "production"),
        ("prod", "github:acme/other", "prod"),
        ("prod", "gitlab:acme/team/blog", "staging"),
        ("other", "github:acme/shop", "prod"),
    ):
        assert clusters.grant(cluster, repository, environment) is None


def test_kinds_are_the_built_in_ones_without_roles_until_some_are_named() -> None:
    assert grant().kinds == DEFAULT_KINDS
    assert Kind("apps", "Deployment") in DEFAULT_KINDS
    assert not [kind for kind in DEFAULT_KINDS if kind.group == "rbac.authorization.k8s.io"]
    assert grant("staging", "staging").kinds == (Kind("apps", "Deployment"), Kind("acme.io", "Widget"))
    assert grant().cluster_scoped[1] == Kind("scheduling.k8s.io", "PriorityClass")


@pytest.mark.parametrize(
    ("key", "namespaced", "words"),
    [
        (ObjectKey("apps", "Deployment", "shop", "web"), True, None),
        (ObjectKey("", "ConfigMap", "shop-eu", "web"), True, None),
        (ObjectKey("", "ConfigMap", "shopping", "web"), True, "outside of the namespaces"),
        (ObjectKey("", "ConfigMap", "plumbline", "web"), True, "outside of the namespaces"),
        (ObjectKey("", "ConfigMap", "", "web"), True, "names no namespace"),
        (ObjectKey("rbac.authorization.k8s.io", "Role", "shop", "web"), True, "no kind that is granted"),
        (ObjectKey("acme.io", "Gadget", "shop", "web"), True, "no kind that is granted"),
        (ObjectKey("", "Namespace", "", "shop-eu"), False, None),
        (ObjectKey("", "Namespace", "", "kube-system"), False, "none of the namespaces"),
        (ObjectKey("acme.io", "Widget", "", "w"), False, None),
        (ObjectKey("rbac.authorization.k8s.io", "ClusterRole", "", "w"), False, "no such kind is granted"),
    ],
)
def test_an_object_is_covered_or_the_reason_is_said(key: ObjectKey, namespaced: bool, words: str | None) -> None:
    said = refusal(grant(), namespaced, key)
    assert said is None if words is None else said is not None and words in said


def replaced(old: str, new: str, count: int = 1) -> str:
    assert old in FILE
    return FILE.replace(old, new, count)


PLAN, APPLY = "plumbline:plan-shop", "plumbline:apply-shop"
WRONG = {
    "a key that nobody knows": (replaced("context", "contxt"), 4, "did you mean `context`?"),
    "a cluster without inventory": (
        replaced("    inventory_namespace: plumbline\n", ""),
        2,
        "no `inventory_namespace`",
    ),
    "neither kubeconfig nor in_cluster": (replaced("in_cluster: true", "in_cluster: false"), 17, "one of `kubeconfig`"),
    "both": (replaced("in_cluster: true", "in_cluster: true\n    kubeconfig: x"), 17, "one of `kubeconfig`"),
    "a context in the cluster": (
        replaced("in_cluster: true", "in_cluster: true\n    context: x"),
        19,
        "part of a kubec",
    ),
    "a grant without accounts": (replaced(f"      apply_as: system:serviceaccount:{APPLY}\n", ""), 8, "no `apply_as`"),
    "a user that is no account": (replaced(f"system:serviceaccount:{PLAN}", "ana"), 14, "system:serviceaccount:NAMESP"),
    "a group of accounts": (replaced(PLAN, "plumbline:*"), 14, "system:serviceaccount:NAMESPACE:NAME"),
    "a repository without a forge": (replaced("github:acme/shop", "acme/shop"), 8, "github:acme/shop"),
    "every repository": (replaced("github:acme/shop", "github:acme/*"), 8, "github:acme/shop"),
    "every namespace": (replaced('"shop-*"', '"*"'), 10, "the beginning of names"),
    "a pattern with the star in front": (replaced('"shop-*"', '"*-shop"'), 10, "the beginning of names"),
    "no namespace at all": (replaced('[shop, "shop-*"]', "[]"), 10, "a grant of nothing"),
    "a kind that nobody knows": (replaced("Widget.acme.io]", "Widget]"), 13, "write Kind.group"),
    "a namespaced kind outside": (replaced("[Namespace,", "[Secret,"), 13, "write it under `kinds`"),
    "a kind outside among the others": (replaced("[Deployment,", "[Node,"), 26, "write it under `cluster_scoped`"),
    "one account for both": (replaced(PLAN, APPLY, 2), 2, "is used for plan and for apply"),
    "plan here and apply there": (replaced("plumbline:apply-blog", PLAN), 17, "used for plan and for apply"),
    "the inventory's account": (
        replaced("plumbline:apply-blog", "plumbline:inventory"),
        17,
        "for inventory and for app",
    ),
    "one account for two repositories": (replaced("plumbline:apply-blog", APPLY), 17, "acme/shop and gitlab:acme/team"),
    "the inventory's namespace": (
        replaced("[blog]", "[plumbline]"),
        17,
        "is granted plumbline, the namespace of the inv",
    ),
    "the inventory's namespace by pattern": (replaced('"shop-*"', '"plumb*"'), 2, "the namespace of the inventory"),
    "where an account lives": (replaced("plumbline:plan-blog", "blog:plan"), 17, "where the plan account"),
    "two grants for one environment": (
        replaced("gitlab:acme/team/blog", "github:acme/shop"),
        17,
        "two grants for stag",
    ),
}


@pytest.mark.parametrize(("text", "line", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_with_its_line_and_its_remedy(text: str, line: int, words: str) -> None:
    with pytest.raises(UserMistakes) as caught:
        read_clusters(text.encode(), "clusters.yaml")
    assert words in str(caught.value)
    assert caught.value.mistakes[0].line == line


@pytest.mark.parametrize("text", [b"", b"[]", b"clusters: [", b"clusters: {prod: null}"])
def test_what_is_no_clusters_file_is_a_mistake(text: bytes) -> None:
    with pytest.raises(UserMistake):
        read_clusters(text, "clusters.yaml")
