"""The Common Expression Language, as far as a health rule needs it, held to a budget of steps.

Written here instead of taken from a package because expressions come from pull requests and run inside a worker: what
there is for Python bounds neither time nor memory (a text of 300 characters can ask for terabytes) and cannot be
stopped from outside. Here every step is paid for, so an expression ends after a fixed amount of work, whatever it and
the object say. What is left out (bytes, regular expressions, times, messages) is refused when the config is read.
"""

from bot.objects.health.cel.errors import EvaluationError, ExpressionError, TooMuchWork
from bot.objects.health.cel.evaluate import STEPS, evaluate
from bot.objects.health.cel.parse import parse
from bot.objects.health.cel.tree import Node

__all__ = ["STEPS", "EvaluationError", "ExpressionError", "Node", "TooMuchWork", "evaluate", "parse"]
