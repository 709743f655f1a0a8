"""How fast the door answers: signed webhooks at a steady rate over loopback, from this process to a door of its own.

    python -m tests.bench.door [--postgres] [--worker] [--rate 50] [--seconds 10]

`--worker` lets a worker run the jobs at the same time, in a third process. The door's budget is 50 ms at the 99th
percentile with 50 a second; an answer counts from the moment it was due, so that a slow one delays the next visibly.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from tests.bench.rows import Row
from tests.databases import postgres_server
from tests.handlers.webhooks import headers, pull_opened
from tests.waiting import until

ROOT = Path(__file__).parents[2]
PADDING = "x" * 20_000


@contextmanager
def process(script: str, *arguments: str) -> Iterator[None]:
    """A program of the tests, ended with the context."""
    started = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / script), *arguments], env={"PYTHONPATH": str(ROOT)}
    )
    try:
        yield
    finally:
        started.terminate()
        started.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(client: httpx.Client, rate: int, seconds: int) -> list[float]:
    """Milliseconds from when each delivery was due to its answer."""

    def send(number: int) -> float:
        due = start + number / rate
        time.sleep(max(0.0, due - time.monotonic()))
        payload = json.loads(pull_opened(1 + number % 40)) | {"padding": PADDING}
        body = json.dumps(payload).encode()
        answer = client.post("/webhooks/github", content=body, headers=headers(body, f"bench-{rate}-{number}"))
        answer.raise_for_status()
        return (time.monotonic() - due) * 1000

    start = time.monotonic() + 0.5
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(send, range(rate * seconds)))


def main() -> None:
    """Measure once and print a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--worker", action="store_true")
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    took = door(options.rate, options.seconds, postgres=options.postgres, worker=options.worker)
    p50, p99 = statistics.median(took), took[int(len(took) * 0.99)]
    print(f"{len(took)} answers: p50 {p50:.1f} ms, p99 {p99:.1f} ms, slowest {took[-1]:.1f} ms")


def door_rows(_: object) -> Iterator[Row]:
    """The door's row of the bench, with a worker that runs the jobs."""
    took = door(50, 10, worker=True)
    yield Row("webhook answered at 50/s, p99", took[int(len(took) * 0.99)] / 1000, 0.05)


def door(rate: int, seconds: int, *, postgres: bool = False, worker: bool = False) -> list[float]:
    """Milliseconds that answers took, sorted."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{folder}/plumbline.db"
        if postgres:
            url = stack.enter_context(postgres_server()).fresh()
        port = free_port()
        stack.enter_context(process("handlers/door_process.py", url, str(port)))
        client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30))
        until(lambda: _ready(client))
        if worker:
            stack.enter_context(process("contract/worker_process.py", url, folder, "10"))
        measure(client, 20, 1)
        return sorted(measure(client, rate, seconds))


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
