"""The page of figures: what the ledger and the process know, in the format that Prometheus reads."""

from dataclasses import replace

import httpx

from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.errors import TryLater
from bot.domain.pulls import Repository
from bot.domain.subjects import Target, plan_job
from bot.ledger.ledger import SqlLedger
from bot.web.metrics import Metric, Metrics, exposition
from tests.handlers.served import served

SHOP = Repository("github", 12, "acme/shop", 7)
S = DeploymentState


def test_the_page_says_what_is_due_what_was_done_and_how_long_it_took(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        tx.jobs.put(plan_job(SHOP.key, 5))
        for commit, ends in (("a", 30.0), ("b", 12.5)):
            row = tx.deployments.add(Deployment(0, SHOP.key, Target("prod", "web"), commit, 1, 0, S.WAITING))
            assert row is not None
            for state in (S.CONFIRMING, S.APPLYING, S.SETTLING, S.HEALTHY):
                row = replace(row, state=state, started=100.0, changed=100.0 + ends)
                tx.deployments.save(row)
        tx.deployments.add(Deployment(0, SHOP.key, Target("prod", "api"), "a", 1, 0, S.WAITING))
    metrics = Metrics(ledger, lambda: {"7": 4990})
    metrics.observe("plan", "done", 1.5)
    metrics.observe("plan", "error", 0.5)
    with served(metrics.app()) as (host, port):
        answer = httpx.get(f"http://{host}:{port}/metrics")
        assert httpx.get(f"http://{host}:{port}/healthz").status_code == 404
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    for line in (
        'plumbline_jobs_total{job="plan",outcome="done"} 1.0',
        'plumbline_job_seconds_total{job="plan"} 2.0',
        'plumbline_jobs_due{queue="plan"} 1.0',
        'plumbline_jobs_due{queue="apply"} 0.0',
        'plumbline_deployments{state="healthy"} 2.0',
        'plumbline_deployments{state="waiting"} 1.0',
        'plumbline_deployments{state="failed"} 0.0',
        'plumbline_deploy_seconds{repository="github:12",target="prod/web"} 12.5',
        'plumbline_forge_requests_left{installation="7"} 4990.0',
        "plumbline_ledger_up 1.0",
        "# TYPE plumbline_jobs_total counter",
    ):
        assert line in lines, answer.text


def test_without_a_database_the_page_still_answers(ledger: SqlLedger) -> None:
    class Away:
        def begin(self) -> None:
            raise TryLater("away")

    metrics = Metrics(Away(), dict)  # type: ignore[arg-type]
    with served(metrics.app()) as (host, port):
        answer = httpx.get(f"http://{host}:{port}/metrics")
    assert "plumbline_ledger_up 0.0" in answer.text.splitlines()


def test_a_label_cannot_end_its_line() -> None:
    text = exposition([Metric("x", "gauge", "Y.", [({"a": 'b"\n\\c'}, 1.0)])])
    assert text == '# HELP x Y.\n# TYPE x gauge\nx{a="b\\"\\n\\\\c"} 1.0\n'
