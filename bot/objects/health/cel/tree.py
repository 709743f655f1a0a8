"""The parts of a parsed expression."""

from collections.abc import Iterator
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Node:
    """Any part; `at` is the character it stands at, from 1."""

    at: int

    def parts(self) -> Iterator["Node"]:
        """The parts right below it."""
        for field in fields(self):
            value = getattr(self, field.name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Node):
                    yield part


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A value written down."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Items(Node):
    """A list written down."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Select(Node):
    """A field of something; with `test`, whether it is there: `has(a.b)`."""

    operand: Node
    field: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`a[b]`."""

    operand: Node
    index: Node


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`!a` or `-a`."""

    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """A sign between two parts, `in` among them."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Joined(Node):
    """`a && b && c`, or the same with `||`."""

    sign: str
    joined: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`a ? b : c`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function; one called as `a.f(b)` has `a` as its first argument."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """A macro over a list or a map's keys: `a.exists(x, body)`. Only `map` with three arguments has a `test`."""

    macro: str
    over: Node
    variable: str
    body: Node
    test: Node | None = None
