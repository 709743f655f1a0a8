"""The plan as JSON, as `plumbline plan --format json` prints it. The shape is DESIGN §5.5's and only ever grows."""

import json
from dataclasses import asdict
from typing import Any

from bot.comments.tally import tally
from bot.domain.plans import Change, Drifted, Finding, Plan, TargetPlan
from bot.objects.identity import ObjectKey
from bot.objects.redact import Redacted, inert

Json = dict[str, Any]


def plan_json(plan: Plan) -> str:
    """The plan as JSON text that ends with a line end. Values are as redacted as in a comment."""
    body = {"digest": plan.digest, "targets": [_target(row) for row in plan.targets]}
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _target(row: TargetPlan) -> Json:
    return {
        "target": str(row.target),
        "state": row.state.value,
        "error": _error(row),
        "counts": asdict(tally(row)),
        "findings": [_finding(each) for each in row.findings],
        "changes": [_change(each) for each in row.changes],
        "pending": [_change(each) for each in row.pending],
        "drifted": [_drifted(each) for each in row.drifted],
    }


def _error(row: TargetPlan) -> str | None:
    """Why there is no plan, with file and line in front where they are known."""
    if row.error is None:
        return None
    place = f"{row.error_file}:{row.error_line}: " if row.error_line else f"{row.error_file}: "
    return f"{inert(place).plain if row.error_file else ''}{row.error.plain}"


def _finding(finding: Finding) -> Json:
    return {
        "level": finding.level.value,
        "rule": finding.rule,
        "object": _object(finding.object) if finding.object else None,
        "field": finding.field or None,
        "message": finding.message.plain,
        "file": finding.file or None,
        "line": finding.line or None,
    }


def _change(change: Change) -> Json:
    fields = [
        {"path": each.path, "before": _value(each.before), "after": _value(each.after), "cause": each.cause.value}
        for each in change.fields
    ]
    return {"object": _object(change.object), "verb": change.verb.value, "fields": fields}


def _drifted(drifted: Drifted) -> Json:
    fields = [
        {
            "path": each.path,
            "live": _value(each.live),
            "ours": _value(each.ours),
            "manager": each.manager or None,
            "time": each.time or None,
        }
        for each in drifted.fields
    ]
    return {"object": _object(drifted.object), "fields": fields}


def _object(key: ObjectKey) -> Json:
    return {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}


def _value(value: Redacted | None) -> str | None:
    return value.plain if value is not None else None
