"""What `plumbline manifests` prints: as little as the grants need, and nothing where a grant cannot be guarded."""

from dataclasses import replace
from typing import Any

import pytest
import yaml

from bot.cluster.guard import manifests, objects
from bot.domain.errors import UserMistake
from bot.domain.grants import Cluster, Clusters, Grant
from bot.domain.grants_reader import DEFAULT_KINDS
from bot.objects.identity import Kind, Object

OURS = "system:serviceaccount:plumbline"
SHOP = Grant("github:acme/shop", ("prod",), ("shop",), f"{OURS}:plan-shop", f"{OURS}:apply-shop", DEFAULT_KINDS)
TEAMS = replace(SHOP, namespaces=("team-*", "tools"), plan_as=f"{OURS}:plan-teams", apply_as=f"{OURS}:apply-teams")
PROD = Cluster("prod", "", "prod", False, "inventories", f"{OURS}:inventory", False, (SHOP,))


def of_kind(found: list[Object], *kinds: str) -> list[Object]:
    return [body for body in found if body["kind"] in kinds]


def rights_of(found: list[Object], account: str) -> list[tuple[str, str, str, Any]]:
    """Every (namespace, resource.group, verb, names) that a ServiceAccount holds."""
    held = []
    bound = {
        (body["metadata"].get("namespace", ""), body["roleRef"]["name"])
        for body in of_kind(found, "RoleBinding", "ClusterRoleBinding")
        if any(subject["name"] == account for subject in body["subjects"])
    }
    for role in of_kind(found, "Role", "ClusterRole"):
        namespace = role["metadata"].get("namespace", "")
        if (namespace, role["metadata"]["name"]) in bound:
            for rule in role["rules"]:
                held += [
                    (namespace, f"{resource}.{group}", verb, tuple(rule.get("resourceNames", ())))
                    for group in rule["apiGroups"]
                    for resource in rule["resources"]
                    for verb in rule["verbs"]
                ]
    return held


def test_literal_namespaces_become_roles_there_and_nowhere_else() -> None:
    found = objects(PROD)
    held = rights_of(found, "apply-shop")
    assert {namespace for namespace, *_ in held} == {"shop", ""}
    assert [right for right in held if not right[0]] == [("", "storageclasses.storage.k8s.io", "get", ())]
    assert {namespace for namespace, *_ in rights_of(found, "plan-shop")} == {"shop", "plumbline", ""}
    assert len(of_kind(found, "ClusterRole")) == 2


def test_logs_may_only_be_read_where_the_operator_says_so_and_only_by_who_applies() -> None:
    chatty = replace(PROD, pod_logs=True)
    for account, cluster, may in (
        ("apply-shop", PROD, False),
        ("apply-shop", chatty, True),
        ("plan-shop", chatty, False),
    ):
        held = rights_of(objects(cluster), account)
        assert (("shop", "pods/log.", "get", ()) in held) is may
        assert all("/" not in resource or resource == "pods/log." for _, resource, *_ in held)


def test_everywhere_a_planner_only_lists_what_has_a_word_in_every_write() -> None:
    held = [right for right in rights_of(objects(PROD), "plan-shop") if not right[0]]
    assert {verb for *_, verb, _ in held} == {"list"}
    assert {resource.partition(".")[2] for _, resource, *_ in held} == {"admissionregistration.k8s.io"}


def test_both_identities_may_delete_and_no_other_does() -> None:
    found = objects(PROD, "plumbline-bot")
    for account in ("plan-shop", "apply-shop"):
        assert ("shop", "configmaps.", "delete", ()) in rights_of(found, account)
    for account in ("inventory", "plumbline-bot"):
        assert "delete" not in {verb for _, _, verb, _ in rights_of(found, account)}


def test_in_its_own_namespace_a_planner_has_only_the_probe() -> None:
    held = [right for right in rights_of(objects(PROD), "plan-shop") if right[0] == "plumbline"]
    assert held == [("plumbline", "configmaps.", verb, ("plumbline-probe",)) for verb in ("create", "patch")]


def test_no_right_is_wide_or_escalates() -> None:
    grant = replace(TEAMS, cluster_scoped=(Kind("", "Namespace"), Kind("rbac.authorization.k8s.io", "ClusterRole")))
    for body in of_kind(objects(replace(PROD, grants=(SHOP, grant))), "Role", "ClusterRole"):
        for rule in body["rules"]:
            assert not {"*", "escalate", "bind", "deletecollection", "update"} & set(rule["verbs"])
            assert not any("*" in resource or "/" in resource for resource in rule["resources"])
            assert "*" not in rule["apiGroups"]


@pytest.mark.parametrize(
    "kind",
    [
        Kind("rbac.authorization.k8s.io", "ClusterRole"),
        Kind("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        Kind("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ],
    ids=str,
)
def test_kinds_that_could_undo_the_guard_are_in_no_plan_rights(kind: Kind) -> None:
    found = objects(replace(PROD, grants=(replace(SHOP, cluster_scoped=(kind,)),)))
    held = rights_of(found, "plan-shop")
    assert not [right for right in held if right[1].endswith(f".{kind.group}") and right[2] != "list"]
    assert [right for right in rights_of(found, "apply-shop") if right[1].endswith(f".{kind.group}")]


def test_by_default_roles_and_bindings_are_in_nobodys_rights() -> None:
    found = objects(PROD)
    for account in ("plan-shop", "apply-shop"):
        held = {resource for _, resource, _, _ in rights_of(found, account)}
        assert {"deployments.apps", "secrets.", "ingresses.networking.k8s.io"} <= held
        assert not any(resource.endswith("rbac.authorization.k8s.io") for resource in held)


def test_secrets_are_left_out_when_the_grant_names_other_kinds() -> None:
    found = objects(replace(PROD, grants=(replace(SHOP, kinds=(Kind("apps", "Deployment"),)),)))
    held = {(resource, verb) for namespace, resource, verb, _ in rights_of(found, "plan-shop") if namespace == "shop"}
    assert ("deployments.apps", "patch") in held
    assert ("pods.", "list") in held
    assert not any(resource == "secrets." for resource, _ in held)
    assert ("pods.", "patch") not in held


def test_the_bot_may_only_be_exactly_these_accounts() -> None:
    found = objects(PROD, "plumbline-bot")
    held = rights_of(found, "plumbline-bot")
    names = ("apply-shop", "inventory", "plan-shop")
    assert held == [("plumbline", "serviceaccounts.", "impersonate", names)]
    (binding,) = [body for body in of_kind(found, "RoleBinding") if body["subjects"][0]["name"] == "plumbline-bot"]
    assert binding["subjects"][0]["kind"] == "User"


def test_the_bot_in_the_cluster_gets_an_account_of_its_own() -> None:
    found = objects(PROD)
    assert "plumbline" in {body["metadata"]["name"] for body in of_kind(found, "ServiceAccount")}


def test_the_inventory_account_has_config_maps_in_its_namespace_only() -> None:
    held = rights_of(objects(PROD), "inventory")
    assert {(namespace, resource) for namespace, resource, _, _ in held} == {("inventories", "configmaps.")}
    assert "delete" not in {verb for _, _, verb, _ in held}


def test_the_plan_policy_matches_exact_names_and_fails_closed() -> None:
    found = objects(replace(PROD, grants=(SHOP, TEAMS)))
    named = {body["metadata"]["name"]: body for body in of_kind(found, "ValidatingAdmissionPolicy")}
    policy = named["plumbline.prod.plan"]
    spec = policy["spec"]
    assert spec["failurePolicy"] == "Fail"
    assert spec["matchConditions"][0]["expression"] == (
        "request.userInfo.username in "
        "['system:serviceaccount:plumbline:plan-shop', 'system:serviceaccount:plumbline:plan-teams']"
    )
    assert len(spec["validations"]) == 2
    binding = next(
        body
        for body in of_kind(found, "ValidatingAdmissionPolicyBinding")
        if body["spec"]["policyName"] == policy["metadata"]["name"]
    )
    assert binding["spec"]["validationActions"] == ["Deny"]
    assert "matchResources" not in binding["spec"]


def test_a_pattern_needs_cluster_wide_rights_and_says_so() -> None:
    cluster = replace(PROD, grants=(TEAMS,))
    assert of_kind(objects(cluster), "ClusterRole")
    text = manifests(Clusters({"prod": cluster}))
    assert "ALL namespaces" in text
    assert "ALL namespaces" not in manifests(Clusters({"prod": PROD}))


def test_what_is_printed_is_what_would_be_applied_and_marked_as_ours() -> None:
    text = manifests(Clusters({"prod": PROD, "staging": replace(PROD, name="staging")}))
    printed = [body for body in yaml.safe_load_all(text) if body]
    assert printed == objects(PROD) + objects(replace(PROD, name="staging"))
    assert "# Cluster prod." in text
    assert "# Cluster staging." in text
    assert all(body["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "plumbline" for body in printed)


def test_two_entries_for_one_api_server_do_not_overwrite_each_others_policies() -> None:
    names = [
        {body["metadata"]["name"] for body in of_kind(objects(replace(PROD, name=name)), "ValidatingAdmissionPolicy")}
        for name in ("prod", "staging", "prod-plan")
    ]
    assert len(set.union(*names)) == sum(map(len, names))


def test_an_unknown_kind_has_a_guessed_plural_and_a_remark() -> None:
    grant = replace(SHOP, kinds=(Kind("acme.io", "Policy"), Kind("acme.io", "Widget"), Kind("acme.io", "Gas")))
    text = manifests(Clusters({"prod": replace(PROD, grants=(grant,))}))
    assert "policies.acme.io is a guess" in text
    assert "widgets.acme.io is a guess" in text
    assert "gases.acme.io is a guess" in text


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        (replace(PROD, grants=(replace(SHOP, plan_as="ana"),)), "must be a ServiceAccount"),
        (replace(PROD, grants=(replace(SHOP, plan_as=""),)), "must be a ServiceAccount"),
        (replace(PROD, grants=(replace(SHOP, plan_as=f"{OURS}:x' || true"),)), "must be a ServiceAccount"),
        (replace(PROD, grants=(replace(SHOP, plan_as=f"{OURS}:plumbline"),)), "the bot's own account"),
        (replace(PROD, grants=(replace(SHOP, namespaces=("plumbline",)),)), "where the bot's own account lives"),
        (replace(PROD, grants=(TEAMS, replace(SHOP, plan_as=TEAMS.plan_as))), "stands in two grants"),
    ],
)
def test_a_grant_that_cannot_be_guarded_is_refused(cluster: Cluster, said: str) -> None:
    with pytest.raises(UserMistake, match=said):
        manifests(Clusters({"prod": cluster}))
