"""Health of live objects: one `judge` for all, a file of rules per family of kinds. Pure: time is an argument."""

from bot.objects.health.events import told_of
from bot.objects.health.judge import gone, judge
from bot.objects.health.rules import KindRule
from bot.objects.health.runs import judge_run
from bot.objects.health.verdict import Health, HealthState

__all__ = ["Health", "HealthState", "KindRule", "gone", "judge", "judge_run", "told_of"]
