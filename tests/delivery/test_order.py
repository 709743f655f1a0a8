"""Who waits for whom: only targets on a circle, or behind one."""

from bot.delivery.order import late, named_by
from bot.domain.config import App, CommandSettings, Config, Environment
from bot.domain.deployments import Deployment, DeploymentState

PROD = Environment("prod", "one")
NEEDS = {"on": ("circle",), "circle": ("on",), "behind": ("on",), "free": (), "after-free": ("free",)}
RULES = Config(
    apps={name: App(name, name, ("prod",), needs=needs) for name, needs in NEEDS.items()},
    environments={"prod": PROD},
    commands=CommandSettings(),
)


def test_only_targets_on_or_behind_a_circle_wait_for_ever() -> None:
    rows = {target: [Deployment(1, "r", target, "c1", 1, 1, DeploymentState.WAITING)] for target in RULES.targets()}
    waiting = set(rows)
    while True:
        gone = set()
        for target in waiting:
            others = {each: rows[each] for each in named_by(target, PROD, RULES)}
            if not late(rows[target][0], rows[target], others, {"c1": 0}):
                gone.add(target)
        for target in gone:
            rows[target] = [Deployment(1, "r", target, "c1", 1, 1, DeploymentState.HEALTHY)]
        if not gone:
            break
        waiting -= gone
    assert {each.app for each in waiting} == {"on", "circle", "behind"}
