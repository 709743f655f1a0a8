"""Text to a tree: recursive descent, no deeper than a fixed number of levels. Precedence as in cel-spec's langdef.md.

Names are checked here, so that a misspelt function or variable is an error of the config and not of the deployment.
"""

import difflib

from bot.objects.health.cel.errors import ExpressionError
from bot.objects.health.cel.tokens import Sort, Token, tokens
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

VARIABLE = "object"
"""What an expression may look at: the live object."""

_DEEPEST = 24
"""Brackets and the like within each other."""

_LONGEST_PATH = 60
"""Parts below each other, counting `a.b` and `a + b` as one below the other."""

_JOINS = ("||", "&&")
_LEVELS = (("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
_CONSTANTS = {"true": True, "false": False, "null": None}
_MACROS = ("all", "exists", "exists_one", "filter", "map")
_METHODS = {"size": 1, "contains": 2, "startsWith": 2, "endsWith": 2}
_FUNCTIONS = {"size": 1, "int": 1, "double": 1, "string": 1}
_LEFT_OUT = {"matches": "write startsWith, endsWith or contains", "timestamp": "times are not read here"}
_ARITHMETIC = ("+", "-", "*", "/", "%")


def parse(text: str) -> Node:
    """The tree of an expression over `object` that may answer true or false. Raises ExpressionError."""
    parser = _Parser(tokens(text))
    node = parser.expression()
    parser.expect(Sort.END, "")
    _bound(node)
    plain = isinstance(node, Items) or (isinstance(node, Literal) and not isinstance(node.value, bool))
    counts = (isinstance(node, Binary) and node.sign in _ARITHMETIC) or (
        isinstance(node, Call) and node.function in _FUNCTIONS
    )
    if plain or counts or (isinstance(node, Loop) and node.macro in ("filter", "map")):
        raise ExpressionError("the expression must answer true or false", node.at)
    return node


def _bound(root: Node) -> None:
    below = [(root, 1)]
    while below:
        node, depth = below.pop()
        if depth > _LONGEST_PATH:
            raise ExpressionError(f"more than {_LONGEST_PATH} parts stand one in another", node.at)
        below += [(part, depth + 1) for part in node.parts()]


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._deep = 0
        self._variables = [VARIABLE]

    def expression(self) -> Node:
        self._deep += 1
        if self._deep > _DEEPEST:
            raise ExpressionError(f"the expression is nested more than {_DEEPEST} levels deep", self._peek.at)
        condition = self._joined(0)
        if self._took("?"):
            yes = self._joined(0)
            self.expect(Sort.SIGN, ":")
            condition = Choice(condition.at, condition, yes, self.expression())
        self._deep -= 1
        return condition

    def expect(self, sort: Sort, value: str) -> Token:
        token = self._peek
        if token.sort is not sort or (value and token.value != value):
            wanted = f"{value!r}" if value else f"a {sort}" if sort is not Sort.END else "the end"
            met = repr(token.value) if token.sort is not Sort.END else "the end"
            raise ExpressionError(f"{wanted} is expected, not {met}", token.at)
        self._next += 1
        return token

    @property
    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _took(self, *signs: str) -> Token | None:
        token = self._peek
        word = token.sort is Sort.SIGN or (token.sort is Sort.NAME and token.value == "in")
        if not word or token.value not in signs:
            return None
        self._next += 1
        return token

    def _joined(self, level: int) -> Node:
        if level == len(_JOINS):
            return self._binary(0)
        parts = [self._joined(level + 1)]
        while self._took(_JOINS[level]):
            parts.append(self._joined(level + 1))
        return Joined(parts[0].at, _JOINS[level], tuple(parts)) if len(parts) > 1 else parts[0]

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while token := self._took(*_LEVELS[level]):
            left = Binary(token.at, str(token.value), left, self._binary(level + 1))
        return left

    def _unary(self) -> Node:
        signs: list[Token] = []
        while token := self._took(str(signs[0].value) if signs else "!", "-" if not signs else ""):
            signs.append(token)
        node = self._member(minus=bool(signs) and signs[-1].value == "-")
        for token in reversed(signs):
            if token.value == "-" and isinstance(node, Literal) and isinstance(node.value, int | float):
                node = Literal(token.at, -node.value)
            else:
                node = Unary(token.at, str(token.value), node)
        return node

    def _member(self, *, minus: bool) -> Node:
        node = self._primary(minus=minus)
        while token := self._took(".", "["):
            if token.value == "[":
                node = Index(token.at, node, self.expression())
                self.expect(Sort.SIGN, "]")
                continue
            name = self.expect(Sort.NAME, "")
            node = self._method(node, name) if self._took("(") else Select(name.at, node, str(name.value))
        return node

    def _primary(self, *, minus: bool) -> Node:
        token = self._peek
        self._next += token.sort is not Sort.END
        if token.sort is Sort.TEXT or token.sort is Sort.NUMBER:
            if token.value == 2**63 and not minus:
                raise ExpressionError(f"{token.value} does not fit into 64 bits", token.at)
            return Literal(token.at, token.value)
        if token.sort is Sort.NAME:
            return self._named(token)
        if token.value == "(":
            node = self.expression()
            self.expect(Sort.SIGN, ")")
            return node
        if token.value == "[":
            return Items(token.at, self._list("]"))
        met = "the end" if token.sort is Sort.END else repr(token.value)
        raise ExpressionError(f"a value is expected, not {met}", token.at)

    def _named(self, token: Token) -> Node:
        name = str(token.value)
        if name in _CONSTANTS:
            return Literal(token.at, _CONSTANTS[name])
        if self._took("("):
            return self._has(token) if name == "has" else self._call(token, _FUNCTIONS)
        if name not in self._variables:
            raise ExpressionError(f"there is no {name!r} here; the live object is `{VARIABLE}`", token.at)
        return Name(token.at, name)

    def _list(self, end: str) -> tuple[Node, ...]:
        if self._took(end):
            return ()
        items = [self.expression()]
        while self._took(","):
            items.append(self.expression())
        self.expect(Sort.SIGN, end)
        return tuple(items)

    def _has(self, token: Token) -> Node:
        arguments = self._list(")")
        if len(arguments) != 1 or not isinstance(arguments[0], Select) or arguments[0].test:
            raise ExpressionError("has() asks for one field, as in has(object.status.phase)", token.at)
        return Select(token.at, arguments[0].operand, arguments[0].field, test=True)

    def _method(self, node: Node, token: Token) -> Node:
        name = {"existsOne": "exists_one"}.get(str(token.value), str(token.value))
        if name not in _MACROS:
            return self._call(token, _METHODS, node)
        variable = str(self.expect(Sort.NAME, "").value)
        self.expect(Sort.SIGN, ",")
        self._variables.append(variable)
        parts = [self.expression()]
        if name == "map" and self._took(","):
            parts.append(self.expression())
        self._variables.pop()
        self.expect(Sort.SIGN, ")")
        return Loop(token.at, name, node, variable, parts[-1], parts[0] if len(parts) > 1 else None)

    def _call(self, token: Token, known: dict[str, int], *on: Node) -> Node:
        name = str(token.value)
        if name not in known:
            close = difflib.get_close_matches(name, [*known, *_MACROS], n=1, cutoff=0.6)
            remedy = _LEFT_OUT.get(name) or (f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}")
            raise ExpressionError(f"there is no function {name!r} here; {remedy}", token.at)
        arguments = (*on, *self._list(")"))
        if len(arguments) != known[name]:
            raise ExpressionError(
                f"{name} takes {known[name] - len(on)} values, not {len(arguments) - len(on)}", token.at
            )
        return Call(token.at, name, arguments)
