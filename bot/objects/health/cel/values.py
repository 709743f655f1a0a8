"""What expressions do with values: JSON's types, whole numbers of 64 bits apart from fractions."""

import math
from typing import Any

from bot.objects.health.cel.errors import EvaluationError, TooMuchWork

_TYPES = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a map"}
_LARGEST = 2**63
_PER_STEP = 16
"""Characters or items that one step of the budget pays for."""

_DEEPEST = 60
"""Levels of lists and maps that are compared."""


class Budget:
    """Steps that are left."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def pay(self, steps: int) -> None:
        """Take steps away. Raises TooMuchWork when there are not as many."""
        self._left -= steps
        if self._left < 0:
            raise TooMuchWork("it takes too many steps")

    def pay_for(self, *values: Any) -> None:
        """Pay for reading these texts, lists or maps once."""
        self.pay(1 + sum(len(value) // _PER_STEP for value in values if isinstance(value, str | list | dict)))


def type_of(value: Any) -> str:
    """A value's type in words."""
    return _TYPES.get(type(value), "null")


def equal(left: Any, right: Any, budget: Budget, deep: int = 0) -> bool:
    """Whether two values are the same, numbers by their value, true never as 1. `deep`: levels it is inside already."""
    budget.pay_for(left, right)
    if deep > _DEEPEST:
        raise TooMuchWork("it compares what is nested too deeply")
    if _number(left) and _number(right):
        return bool(left == right)
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        if len(left) != len(right):
            return False
        return all(equal(a, b, budget, deep + 1) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict):
        if left.keys() != right.keys():
            return False
        return all(equal(value, right[key], budget, deep + 1) for key, value in left.items())
    return bool(left == right)


def less(left: Any, right: Any, budget: Budget) -> bool:
    """Whether one number, text or truth comes before another. Raises EvaluationError for anything else and for NaN."""
    budget.pay_for(left, right)
    numbers = _number(left) and _number(right)
    if not numbers and not (type(left) is type(right) and isinstance(left, str | bool)):
        raise EvaluationError(f"{type_of(left)} and {type_of(right)} have no order")
    if numbers and (math.isnan(left) or math.isnan(right)):
        raise EvaluationError("what is no number has no order")
    return bool(left < right)


def arithmetic(sign: str, left: Any, right: Any, budget: Budget) -> Any:
    """Sums of numbers of one type, and texts or lists put together. Raises EvaluationError, also when too large."""
    if sign == "+" and type(left) is type(right) and isinstance(left, str | list):
        budget.pay_for(left, right)
        return left + right
    if not _number(left) or type(left) is not type(right) or (sign == "%" and isinstance(left, float)):
        raise EvaluationError(f"{sign} does not go with {type_of(left)} and {type_of(right)}")
    return _fraction(sign, left, right) if isinstance(left, float) else _whole(sign, left, right)


def called(function: str, values: list[Any], budget: Budget) -> Any:
    """The answer of a function of the language. Raises EvaluationError for values of other types than it takes."""
    budget.pay_for(*values)
    first = values[0]
    if function == "size" and isinstance(first, str | list | dict):
        return len(first)
    if function in ("contains", "startsWith", "endsWith") and all(isinstance(value, str) for value in values):
        text, part = values
        answers = {"contains": part in text, "startsWith": text.startswith(part), "endsWith": text.endswith(part)}
        return answers[function]
    if function == "string" and isinstance(first, bool):
        return "true" if first else "false"
    if function == "string" and isinstance(first, str | int | float):
        return str(first)
    if function in ("int", "double") and not isinstance(first, bool) and isinstance(first, str | int | float):
        return _converted(function, first)
    raise EvaluationError(f"{function} does not go with {type_of(first)}")


def _converted(function: str, value: str | int | float) -> int | float:
    if isinstance(value, str) and (len(value) > 64 or "_" in value or value != value.strip()):
        raise EvaluationError("the text is no number")
    try:
        return float(value) if function == "double" else _in_range(int(value))
    except (ValueError, OverflowError):
        raise EvaluationError("the text is no number") from None


def _fraction(sign: str, left: float, right: float) -> float:
    if sign == "/":
        if right:
            return left / right
        return math.nan if not left or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


def _whole(sign: str, left: int, right: int) -> int:
    if sign in ("/", "%"):
        if not right:
            raise EvaluationError("nothing can be divided by 0")
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return _in_range(quotient) if sign == "/" else left - right * quotient
    return _in_range({"+": left + right, "-": left - right, "*": left * right}[sign])


def _in_range(value: int) -> int:
    if not -_LARGEST <= value < _LARGEST:
        raise EvaluationError("the number does not fit into 64 bits")
    return value


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
