"""Rules from one commit, everything else from another: who changes a rule in a pull cannot profit from it there.

DESIGN §3: environments, commands, `takeover` and the environment keys inside overrides are rules.
"""

from dataclasses import replace

from bot.domain.config import App, Config, Override
from bot.domain.config_keys import RULE_FIELDS
from bot.domain.config_order import note_all
from bot.domain.config_patterns import matched
from bot.domain.errors import UserMistakes
from bot.domain.subjects import Target


def rules_of(rules: Config | None, where: Config) -> Config:
    """The config to plan or deploy with: `rules` as they stand on the default branch, `where` from the tree rendered.

    Both expanded, each against its own tree. Without rules (the first config) its own count, as those of an
    environment that has none yet do. A new app whose folder a pattern of the rules matches has that pattern's. One that
    the rules do not know at all gets none of its own: nothing in its overrides loosens an environment, and it takes
    nothing over. Raises UserMistakes when the two make no order together.
    """
    if rules is None:
        return where
    new = where.environments.keys() - rules.environments.keys()
    environments = {**rules.environments, **{name: where.environments[name] for name in sorted(new)}}
    apps = {name: _app(_rule(rules, where, name), app, new) for name, app in where.apps.items()}
    mixed = replace(where, apps=apps, environments=environments, commands=rules.commands)
    if mistakes := note_all(mixed, ""):
        raise UserMistakes(mistakes)
    return mixed


def _rule(rules: Config, where: Config, name: str) -> App | None:
    """What the rules say of an app, also of one whose folder is newer than they are."""
    if name in rules.apps:
        return rules.apps[name]
    folders = [where.app(Target(environment, name)).path for environment in where.apps[name].environments]
    return next((found[name] for pattern in rules.patterns if name in (found := matched(pattern, folders))), None)


def _app(rule: App | None, app: App, new: set[str]) -> App:
    overrides = {}
    for environment in sorted({*app.overrides, *(rule.overrides if rule else ())}):
        own, ruled = app.overrides.get(environment, Override()), Override()
        if environment in new:
            ruled = own
        elif rule:
            ruled = rule.overrides.get(environment, ruled)
        overrides[environment] = Override(
            tuple(pair for pair in own.app if pair[0] not in RULE_FIELDS)
            + tuple(pair for pair in ruled.app if pair[0] in RULE_FIELDS),
            ruled.environment,
        )
    return replace(app, takeover_from=rule.takeover_from if rule else (), overrides=overrides)
