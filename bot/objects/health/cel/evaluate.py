"""A tree and a live object to a value. Every step is paid for out of one budget, sizes included.

Semantics as cel-spec's langdef.md has them: `&&`, `||`, `all` and `exists` absorb errors when the answer does not
depend on them, whole numbers have 64 bits, numbers of both types compare, other types are unequal.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.objects.health.cel.errors import EvaluationError, TooMuchWork
from bot.objects.health.cel.tree import (
    Binary,
    Call,
    Choice,
    Index,
    Items,
    Joined,
    Literal,
    Loop,
    Name,
    Node,
    Select,
    Unary,
)
from bot.objects.health.cel.values import Budget, arithmetic, called, equal, less, type_of

STEPS = 100_000
"""What one evaluation may cost: a fraction of a second."""


def evaluate(node: Node, variables: Mapping[str, Any], steps: int = STEPS) -> Any:
    """The value for these variables. Raises EvaluationError, or its subclass TooMuchWork."""
    return _Run(Budget(steps)).value(node, variables)


class _Run:
    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def value(self, node: Node, scope: Mapping[str, Any]) -> Any:
        self._budget.pay(1)
        match node:
            case Literal():
                return node.value
            case Name():
                return scope[node.name]
            case Items():
                return [self.value(item, scope) for item in node.items]
            case Select():
                return self._select(node, scope)
            case Index():
                return self._index(self.value(node.operand, scope), self.value(node.index, scope))
            case Unary():
                return self._unary(node.sign, self.value(node.operand, scope))
            case Choice():
                condition = _truth(self.value(node.condition, scope), "?")
                return self.value(node.yes if condition else node.no, scope)
            case Joined():
                return self._joined(node.joined, node.sign == "||", lambda part: self.value(part, scope))
            case Binary():
                return self._binary(node.sign, self.value(node.left, scope), self.value(node.right, scope))
            case Call():
                return called(node.function, [self.value(part, scope) for part in node.arguments], self._budget)
            case Loop():
                return self._loop(node, scope)
        raise AssertionError(node)

    def _select(self, node: Select, scope: Mapping[str, Any]) -> Any:
        operand = self.value(node.operand, scope)
        if not isinstance(operand, dict):
            raise EvaluationError(f"{type_of(operand)} has no field {node.field}")
        if node.test:
            return node.field in operand
        if node.field not in operand:
            raise EvaluationError(f"there is no field {node.field}")
        return operand[node.field]

    def _index(self, operand: Any, index: Any) -> Any:
        if isinstance(operand, dict) and isinstance(index, str):
            if index not in operand:
                raise EvaluationError(f"there is no field {index[:60]}")
            return operand[index]
        if isinstance(operand, list) and type(index) is int:
            if not 0 <= index < len(operand):
                raise EvaluationError(f"the list has no item {index}")
            return operand[index]
        raise EvaluationError(f"{type_of(operand)} cannot be asked for {type_of(index)}")

    def _unary(self, sign: str, operand: Any) -> Any:
        if sign == "!":
            return not _truth(operand, sign)
        return arithmetic("-", 0.0 if isinstance(operand, float) else 0, operand, self._budget)

    def _binary(self, sign: str, left: Any, right: Any) -> Any:
        if sign in ("==", "!="):
            return equal(left, right, self._budget) is (sign == "==")
        if sign == "in":
            if isinstance(right, dict):
                return isinstance(left, str) and left in right
            if isinstance(right, list):
                return any(equal(left, item, self._budget) for item in right)
            raise EvaluationError(f"nothing is in {type_of(right)}")
        if sign in ("<", ">="):
            return less(left, right, self._budget) is (sign == "<")
        if sign in (">", "<="):
            return less(right, left, self._budget) is (sign == ">")
        return arithmetic(sign, left, right, self._budget)

    def _joined(self, parts: Iterable[Any], decides: bool, read: Callable[[Any], Any]) -> bool:
        """`||` (decided by a true part) or `&&` (by a false one): an error counts only when nothing decides."""
        missed: EvaluationError | None = None
        for part in parts:
            try:
                if _truth(read(part), "|| or &&") is decides:
                    return decides
            except TooMuchWork:
                raise
            except EvaluationError as error:
                missed = missed or error
        if missed is not None:
            raise missed
        return not decides

    def _loop(self, node: Loop, scope: Mapping[str, Any]) -> Any:
        over = self.value(node.over, scope)
        if not isinstance(over, list | dict):
            raise EvaluationError(f"{type_of(over)} has no items for {node.macro}")
        inner = dict(scope)

        def read(part: Node, item: Any) -> Any:
            self._budget.pay(1)
            inner[node.variable] = item
            return self.value(part, inner)

        items = list(over)
        self._budget.pay_for(items)
        if node.macro in ("all", "exists"):
            return self._joined(items, node.macro == "exists", lambda item: read(node.body, item))
        if node.macro == "map":
            test = node.test
            return [read(node.body, item) for item in items if test is None or _truth(read(test, item), "map")]
        kept = [item for item in items if _truth(read(node.body, item), node.macro)]
        return len(kept) == 1 if node.macro == "exists_one" else kept


def _truth(value: Any, sign: str) -> bool:
    if not isinstance(value, bool):
        raise EvaluationError(f"{sign} needs true or false, not {type_of(value)}")
    return value
