"""What `plumbline plan` prints: the JSON has the shape that is promised, the text is for people."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.comments.plan import About, plan_comment
from bot.comments.plan_json import plan_json
from bot.comments.plan_text import plan_text
from bot.comments.replies import help_for
from bot.domain.config import Config, Environment
from bot.domain.permissions import Person
from bot.domain.plans import Finding, Level, TargetState
from bot.domain.pulls import Role
from bot.objects.identity import ObjectKey
from bot.objects.redact import inert
from tests.comments import samples
from tests.comments.samples import DIGEST, PLANS

FINDING = {"level", "rule", "object", "field", "message", "file", "line"}
OBJECT = {"group", "kind", "namespace", "name"}


def printed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plan_json(PLANS[name]))
    return found


@pytest.mark.parametrize("name", sorted(PLANS))
def test_json_has_the_promised_keys_and_no_others(name: str) -> None:
    body = printed(name)
    assert set(body) == {"digest", "targets"}
    assert body["digest"] == DIGEST
    for row in body["targets"]:
        assert set(row) == {"target", "state", "error", "counts", "findings", "changes", "pending", "drifted"}
        assert set(row["counts"]) == {"create", "update", "delete", "replace", "takeover", "drift"}
        assert all(set(each) == FINDING for each in row["findings"])
        for change in row["changes"] + row["pending"]:
            assert set(change) == {"object", "verb", "fields"}
            assert set(change["object"]) == OBJECT
            assert all(set(each) == {"path", "before", "after", "cause"} for each in change["fields"])
        for drifted in row["drifted"]:
            assert set(drifted) == {"object", "fields"}
            assert all(set(each) == {"path", "live", "ours", "manager", "time"} for each in drifted["fields"])


def test_json_counts_what_will_be_written_and_what_has_drifted() -> None:
    (prod, staging) = printed("plan-drift")["targets"]
    assert (prod["target"], prod["state"]) == ("prod/web", "changes")
    assert prod["counts"] == {"create": 0, "update": 2, "delete": 0, "replace": 0, "takeover": 0, "drift": 1}
    assert prod["drifted"][0]["fields"][0] == {
        "path": "spec.replicas",
        "live": "5",
        "ours": "3",
        "manager": "kubectl-edit",
        "time": "2026-11-22T10:04:31Z",
    }
    assert staging["counts"]["drift"] == 1


def test_json_names_file_and_line_of_an_error() -> None:
    (broken, *_) = printed("plan-error")["targets"]
    assert broken["state"] == "error"
    assert broken["error"] == "apps/api/deploy.yaml:12: mapping values are not allowed here"


def test_json_shows_secrets_as_fingerprints() -> None:
    (row,) = printed("plan-secrets")["targets"]
    before, after = (row["changes"][0]["fields"][0][side] for side in ("before", "after"))
    assert before.startswith("changed (")
    assert after.startswith("changed (")
    assert before != after


@pytest.mark.parametrize("name", sorted(PLANS))
def test_text_has_no_control_characters_and_ends_with_a_line(name: str) -> None:
    text = plan_text(PLANS[name])
    assert text.endswith("\n")
    assert all(line.isprintable() for line in text.split("\n"))


def test_text_tells_everything_a_person_needs() -> None:
    text = plan_text(PLANS["plan-danger"])
    assert text.startswith("Plan: web changes in prod and staging · 1 delete")
    assert "prod/web: ready (1 delete, 1 replace, 1 take over)" in text
    assert (
        "  needs a person's word: apps/web/deploy.yaml:41: Deployment shop/web: container web runs privileged" in text
    )
    assert "  delete PersistentVolumeClaim shop/cache" in text
    assert "    @@ spec.schedule @@ taken over from helm\n    - 0 3 * * *\n    + 0 4 * * *" in text
    drift = plan_text(PLANS["plan-drift"])
    assert "spec.replicas: live 5, ours 3 – by kubectl-edit at 2026-11-22T10:04:31Z" in drift
    assert "apps/api/deploy.yaml:12: mapping values" in plan_text(PLANS["plan-error"])


def test_help_says_what_each_option_of_ones_commands_means() -> None:
    config = Config(apps={}, environments={"prod": Environment("prod", "live")})
    said = help_for(Person("bob", Role.WRITE), config)
    assert "`--full` targets that the pull leaves alone too" in said
    assert "--confirm" not in said, "bob is no deployer"
    assert "`--confirm N@PLAN` the dangers" in help_for(Person("ana", Role.MAINTAIN), config)


def test_what_a_rows_error_says_is_said_once_and_what_others_lack_besides() -> None:
    def lacking(name: str, line: int) -> Finding:
        said = inert(f"the cluster does not serve {name}")
        return Finding(Level.WARN, "no-kind", said, ObjectKey("acme.io", name, "shop", "a"), "", "web/a.yaml", line)

    first, second = lacking("Gadget", 1), lacking("Widget", 5)
    error = inert(f"{first.object}: {first.message.plain}")
    broken = samples.row("prod/web", state=TargetState.ERROR, error=error, error_file="web/a.yaml", error_line=1)
    found = samples.plan(replace(broken, findings=(first, second)))
    for text in (plan_text(found), "\n".join(plan_comment(found, About(found.head)))):
        assert text.count("the cluster does not serve Gadget") == text.count("the cluster does not serve Widget") == 1
    assert len(json.loads(plan_json(found))["targets"][0]["findings"]) == 2
