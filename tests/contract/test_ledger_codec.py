"""Whatever the ledger stores comes back as it was."""

import json
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.deployments import Deployment
from bot.domain.events import Event
from bot.domain.inventory import InventoryRow
from bot.domain.plans import Plan, TargetPlan
from bot.domain.pulls import Repository
from bot.domain.subjects import Target
from bot.ledger import codec
from bot.objects.redact import Redacted
from bot.ports.ledger import PullRow

anything = st.text(st.characters(exclude_categories=()), max_size=20)
st.register_type_strategy(str, anything)
st.register_type_strategy(Redacted, anything.map(Redacted.stored))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


@pytest.mark.parametrize("of", [Plan, TargetPlan, Deployment, InventoryRow, Repository, PullRow])
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_stored_value_comes_back_equal(of: type[Any], data: st.DataObject) -> None:
    value = data.draw(st.from_type(of))
    text = codec.dump(value)
    assert codec.load(of, text) == value
    assert text.isascii()
    assert "\x00" not in text


@settings(deadline=None)
@given(event=st.one_of([st.from_type(kind) for kind in get_args(Event)]))
def test_an_event_comes_back_as_the_kind_it_was(event: Event) -> None:
    assert codec.load_any(Event, codec.dump(event, Event)) == event


def test_rows_of_an_older_version_load_with_defaults() -> None:
    text = (
        '{"id":7,"repository":"github:12","target":{"environment":"prod","app":"web"},"commit":"c","attempt":1,"seq":3,'
    )
    deployment = codec.load(Deployment, text + '"state":"waiting"}')
    assert deployment.pulls == ()
    assert deployment.target == Target("prod", "web")


def test_fields_of_a_newer_version_are_ignored() -> None:
    body = json.loads(codec.dump(Target("prod", "web"))) | {"colour": "red"}
    assert codec.load(Target, json.dumps(body)) == Target("prod", "web")


@pytest.mark.parametrize("text", ['{"id":7}', "null", "[]", '"x"', "7", "{"])
def test_damaged_text_is_an_error_and_no_value(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        codec.load(Deployment, text)
