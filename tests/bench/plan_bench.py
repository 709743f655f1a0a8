"""How long a plan of 200 objects takes, 5 of them changed, beside `kubectl diff` in the same run (DESIGN §12).

`python -m tests.bench.plan_bench [OBJECTS]` prints seconds and ratios of a warm process. Nothing is asserted.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bot.domain.plans import Plan
from bot.planning.make import PlanRequest, make_plan
from bot.wiring import Local, local
from fixtures.cluster.access import Access
from fixtures.cluster.borrowed import open_cluster
from fixtures.cluster.build import tools
from tests.live import manifests
from tests.live.planned import Scratch, rendered

CHANGED = 5
ROUNDS = 3
CONFIG = """version: 1
apps:
  web: {path: web, environments: [prod], namespace: NS, renderer: plain}
environments: {prod: {cluster: here}}
"""


def main() -> None:
    """Deploy the objects, then plan and diff the same edit in turns."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with open_cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        namespace = cluster.new_namespace()
        scratch, base, head = _repository(Path(folder) / "shop", namespace, count)
        options = ("--server-side", "--field-manager=plumbline", "-f", "-")
        cluster.kubectl("apply", *options, stdin=rendered(scratch, "prod/web", base), seconds=300)
        sent = rendered(scratch, "prod/web", head)
        with local(scratch.folder, "local:0", cluster.admin_kubeconfig) as here:
            here.planner.rendering.workspace.fetch(here.repository, base, head)
            _plan(here, base, head)
            mine = [_timed(lambda: _plan(here, base, head)) for _ in range(ROUNDS)]
            theirs = [_timed(lambda: _diff(cluster, sent, folder)) for _ in range(ROUNDS)]
        ours, peer = statistics.median(mine), statistics.median(theirs)
        print(f"plan of {count} objects, {CHANGED} changed, nothing verified: {ours:.2f} s")
        print(f"kubectl diff of the same: {peer:.2f} s; ratio {ours / peer:.2f} (budget 0.5)")


def _repository(folder: Path, namespace: str, count: int) -> tuple[Scratch, str, str]:
    """As many Deployments, Services and ConfigMaps, a third each; the head changes some of each."""
    kinds = (manifests.DEPLOYMENT.replace("replicas: 2", "replicas: 0"), manifests.SERVICE, manifests.CONFIG)
    texts = [kinds[number % 3].replace("NAME", f"app-{number}") for number in range(count)]
    scratch = Scratch.make(folder)
    base = scratch.commit({".plumbline.yaml": CONFIG.replace("NS", namespace), "web/all.yaml": "---\n".join(texts)})
    edits = (("app:1", "app:2"), ("port: 80,", "port: 81,"), ("plain: text", "plain: other"))
    for number in range(CHANGED):
        texts[number] = texts[number].replace(*edits[number % 3])
    return scratch, base, scratch.commit({"web/all.yaml": "---\n".join(texts)})


def _plan(here: Local, base: str, head: str) -> Plan | None:
    plan = make_plan(PlanRequest(here.repository, base, head, head), here.planner)
    assert plan is not None
    assert len(plan.targets[0].changes) == CHANGED, plan.targets[0].error
    return plan


def _diff(cluster: Access, sent: str, folder: str) -> None:
    arguments = ["diff", "--server-side", "--field-manager=plumbline", "--force-conflicts", "-f", "-"]
    command = [str(tools() / "kubectl"), f"--kubeconfig={cluster.admin_kubeconfig}", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder}
    done = subprocess.run(command, input=sent, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
