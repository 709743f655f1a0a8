"""Expressions answer as the language says, and end soon whatever they ask for."""

import re
import sys
from typing import Any

import pytest

from bot.objects.health.cel import EvaluationError, ExpressionError, TooMuchWork, evaluate, parse

OBJECT: dict[str, Any] = {
    "a": 1,
    "b": 2.5,
    "s": "ab",
    "n": None,
    "t": True,
    "l": [1, 2, 3],
    "m": {"k": "v", "z": 0},
    "conditions": [{"type": "Ready", "status": "True"}, {"type": "Synced", "status": "False", "n": 3}],
    "metadata": {"labels": {"app.kubernetes.io/name": "x"}},
}


def answer(text: str, **more: Any) -> Any:
    return evaluate(parse(text), {"object": OBJECT | more})


@pytest.mark.parametrize(
    "text",
    [
        "object.a == 1.0 && object.b == 2.5",
        "object.t != 1 && object.s != 1 && [1] != ['1']",
        "object.n == null && object.s < 'b' && object.a < object.b",
        "object.a + 1 == 2 && object.b + 1.5 == 4.0 && object.s + 'c' == 'abc'",
        "7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1 && 7 % -3 == 1 && 10 - 3 - 2 == 5",
        "1.0 / 0.0 > 1.0 && -1.0 / 0.0 < 0.0 && 1 + 2 * 3 == 7 && (1 + 2) * 3 == 9",
        "-9223372036854775808 < 0 && 0x1F == 31 && 1e3 == 1000.0 && --1 == 1 && -object.a == -1 && !!object.t",
        "2 in object.l && 2.0 in object.l && 'k' in object.m && !(5 in object.m) && !('x' in object.m)",
        "object.l[1] == 2 && object.m['k'] == 'v' && object.metadata.labels['app.kubernetes.io/name'] == 'x'",
        "has(object.m.k) && !has(object.m.q) && !has(object.q)",
        "size(object.l) == 3 && object.l.size() == 3 && size('é') == 1 && size(object.m) == 2",
        "object.s.contains('a') && object.s.startsWith('a') && object.s.endsWith('b')",
        "object.conditions.exists(c, c.type == 'Ready' && c.status == 'True')",
        "object.conditions.exists_one(c, c.status == 'True') && object.conditions.existsOne(c, c.type == 'Synced')",
        "object.conditions.filter(c, c.status == 'True').size() == 1",
        "object.conditions.map(c, c.type) == ['Ready', 'Synced']",
        "object.conditions.map(c, c.status == 'True', c.type) == ['Ready']",
        "object.m.exists(k, k == 'z') && [].all(x, false) && ![].exists(x, true)",
        "object.conditions.exists(c, c.n == 3) && !object.conditions.all(c, c.n == 4)",
        "object.q == 1 || true",
        "!(object.q == 1 && false)",
        "object.t ? object.a == 1 : object.q",
        "false ? object.q : 1 < 2 == true",
        "true || false && false",
        "int('12') == 12 && int(-2.9) == -2 && double('1.5') == 1.5 && string(12) == '12' && string(true) == 'true'",
        r"""'a\tb' == "a	b" && r'a\t' == 'a\\t' && '\u00e9' == 'é' && '\x41\101' == 'AA'""",
        '"""x\ny""" == \'x\\ny\' // both are two lines',
        "object.l.exists(x, object.l.exists(y, x + y == 6))",
    ],
)
def test_what_is_true_is_true(text: str) -> None:
    assert answer(text) is True


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("object.missing.deep == 1", "no field missing"),
        ("has(object.q.r)", "no field q"),
        ("object.s.x == 1", "text has no field x"),
        ("object.l[9] == 1", "no item 9"),
        ("object.l[-1] == 1", "no item -1"),
        ("object.s[0] == 'a'", "cannot be asked"),
        ("object.s < object.a", "have no order"),
        ("object.a + object.b > 0.0", "does not go with a number and a number"),
        ("object.a.startsWith('a')", "does not go with a number"),
        ("size(object.a) == 1", "does not go"),
        ("1 / 0 == 1", "divided by 0"),
        ("9223372036854775807 + 1 > 0", "64 bits"),
        ("!object.a", "needs true or false"),
        ("object.a ? true : false", "needs true or false"),
        ("object.q == 1 || false", "no field q"),
        ("object.conditions.all(c, c.n == 3)", "no field n"),
        ("object.s.exists(c, true)", "no items"),
        ("int('x') == 1", "no number"),
    ],
)
def test_what_has_no_answer_says_why(text: str, says: str) -> None:
    with pytest.raises(EvaluationError, match=re.escape(says)) as caught:
        answer(text)
    assert not isinstance(caught.value, TooMuchWork)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("objekt.a == 1", "the live object is `object`"),
        ("foo(1) == 1", "no function 'foo'"),
        ("object.l.exist(x, true)", "did you mean exists?"),
        ("object.s.matches('a')", "write startsWith"),
        ("object.a = 1", "'=' does not belong here"),
        ("object.a ==", "a value is expected, not the end"),
        ("(object.a == 1", "')' is expected"),
        ("object.l.all(x)", "',' is expected"),
        ("size(1, 2) == 1", "takes 1 values, not 2"),
        ("has(object)", "one field"),
        ("'x'", "must answer true or false"),
        ("object.a + 1", "must answer true or false"),
        ("object.l.map(x, x)", "must answer true or false"),
        (r"'\q' == ''", "means nothing"),
        (r"'\ud800' == ''", "does not exist"),
        ("9223372036854775808 == 1", "64 bits"),
        ("b'x' == b'x'", "no 'b' here"),
        ("{'a': 1} == object", "a value is expected"),
        ("", "a value is expected"),
        ("a" * 2001, "longer than 2000"),
        ("1+" * 250 + "1 == 1", "more than 400"),
        ("(" * 100 + "true" + ")" * 100, "24 levels"),
        ("!" * 100 + "true", "more than 60 parts"),
        ("object" + ".a" * 100 + " == 1", "more than 60 parts"),
    ],
)
def test_what_is_no_expression_is_refused_when_it_is_read(text: str, says: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "['aaaaaaaaaaaaaaaa']" + ".map(x, x + x)" * 20 + " == []",
        "[[1]]" + ".map(x, x + x)" * 20 + " == []",
        "[1,1,1,1,1,1,1,1,1,1].all(a," * 9 + "true" + ")" * 9,
        "object.big.all(x, object.big.all(y, true))",
        "object.big.all(x, object.big == object.big)",
        "object.big.all(x, object.long.contains('b') || true)",
        "object.big.exists(x, x == -1) || object.big.all(x, object.big.all(y, true)) || true",
    ],
)
def test_what_asks_for_too_much_is_stopped(text: str) -> None:
    with pytest.raises(TooMuchWork):
        answer(text, big=list(range(5000)), long="a" * 100_000)


def test_what_is_nested_deeply_is_not_compared() -> None:
    deep: Any = 0
    for _ in range(sys.getrecursionlimit() * 3):
        deep = [deep]
    with pytest.raises(TooMuchWork, match="nested too deeply"):
        answer("object.deep == object.deep", deep=deep)
