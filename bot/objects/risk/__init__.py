"""What may go wrong with a change: a file per family of rules, each a pure function of before and after."""

from bot.objects.risk.note import Level, RiskNote
from bot.objects.risk.rules import notes

__all__ = ["Level", "RiskNote", "notes"]
