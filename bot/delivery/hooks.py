"""What a deployment sends, step by step: the target's objects, and its hooks under the names of this commit."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.deployments import Deployment
from bot.objects.canonical import digest
from bot.objects.hooks import run_of, runs_once
from bot.objects.identity import key_of
from bot.objects.order import waves
from bot.planning.sides import Sent, Side


def steps(side: Side, row: Deployment) -> Sequence[Sequence[Sent]]:
    """Everything of a target in the order in which it is written: each step is healthy before the next begins."""
    sent = {**side.objects, **side.hooks}
    ordered = waves(each.body for each in sent.values())
    return [[_as_written(sent[key_of(body)], row) for body in step] for step in ordered]


def _as_written(sent: Sent, row: Deployment) -> Sent:
    if not runs_once(sent.body):
        return sent
    body = run_of(sent.body, row.commit, row.attempt)
    return replace(sent, body=body, digest=digest(body))
