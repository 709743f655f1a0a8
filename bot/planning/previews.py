"""What a plan says about the config itself: rules that merging changes, loosens, or that change nothing yet."""

from collections.abc import Iterator

from bot.domain.config import CONFIG_FILE
from bot.domain.config_changes import RuleChange, rule_changes, without_effect
from bot.domain.plans import LOOSER, Finding, Level
from bot.objects.redact import inert
from bot.planning.configs import Configs
from bot.planning.fields import LONGEST


def config_findings(configs: Configs) -> tuple[Finding, ...]:
    """Every finding about the config as a whole. Rules are compared as each commit has them, whatever holds now."""
    return (*_unreadable(configs), *_changed(configs), *_idle(configs))


def _unreadable(configs: Configs) -> Iterator[Finding]:
    if configs.mistake is not None:
        said = f"the config on the base branch cannot be read, so the newest older one holds: {configs.mistake}"
        yield Finding(Level.WARN, "config", inert(said, LONGEST), file=configs.mistake.file, line=configs.mistake.line)


def _changed(configs: Configs) -> Iterator[Finding]:
    if configs.base is None or configs.merged is None:
        return
    for change in rule_changes(configs.base, configs.merged):
        field = f"{change.where}.{change.key}" if change.where else change.key
        level, rule = (Level.BLOCK, LOOSER) if change.loosens else (Level.NOTE, "rule-change")
        yield Finding(level, rule, inert(_said(change), LONGEST), field=field, file=CONFIG_FILE)


def _said(change: RuleChange) -> str:
    told = f"{change.before} → {change.after} once merged"
    return f"{told}, which asks for less: a deployer has to approve it" if change.loosens else told


def _idle(configs: Configs) -> Iterator[Finding]:
    """Only what the pull itself writes: nobody wants to be told of it in every plan."""
    if configs.merged is None:
        return
    known = without_effect(configs.base) if configs.base else ()
    for where, what in without_effect(configs.merged):
        if (where, what) not in known:
            message = inert(f"`{what}` is read, and changes nothing in this version", LONGEST)
            yield Finding(Level.NOTE, "without-effect", message, field=where, file=CONFIG_FILE)
