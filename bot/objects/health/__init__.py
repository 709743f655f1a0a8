"""Health of live objects: one `judge` for all, a file of rules per family of kinds. Pure: time is an argument."""

from bot.objects.health.judge import gone, judge
from bot.objects.health.rules import KindRule
from bot.objects.health.verdict import Health, HealthState

__all__ = ["Health", "HealthState", "KindRule", "gone", "judge"]
