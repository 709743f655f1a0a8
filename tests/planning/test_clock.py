"""A template is told another time exactly where it asks for the time."""

import re

import pytest

from bot.renderers.clock import at_another_time

THEN = re.compile(rb'\(toDate "2006-01-02 15:04:05" "\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"\)')


def told(template: str) -> str:
    """The template with THEN where another time stands."""
    return THEN.sub(b"THEN", at_another_time(template.encode())).decode()


@pytest.mark.parametrize(
    ("template", "later"),
    [
        ('a: {{ now | date "2006" }}\n', 'a: {{ THEN | date "2006" }}\n'),
        ('{{- $x := (now) -}}{{ date "now" now }}', '{{- $x := (THEN) -}}{{ date "now" THEN }}'),
        ("{{ if true\n }}{{ unixEpoch now }}", "{{ if true\n }}{{ unixEpoch THEN }}"),
    ],
)
def test_the_clock_is_another_one(template: str, later: str) -> None:
    assert told(template) == later


@pytest.mark.parametrize(
    "template",
    [
        "now: now\n",
        "{{ .Values.now }}{{ $now }}{{ nowhere }}{{ .now }}",
        '{{ `{{ now }}` }}{{ "a \\" now" }}{{/* right now */}}',
        "{{ now",
        '{{ "' * 2000 + "now",
    ],
)
def test_everything_else_stays_as_it_is(template: str) -> None:
    assert told(template) == template
