"""Which objects go from one target to another in one commit, told without a cluster."""

from dataclasses import replace

from bot.domain.config import App, Config, Environment
from bot.domain.subjects import Target
from bot.objects.identity import ObjectKey
from bot.planning.moves import Holding, former, moves_among, renamed

ONE, TWO = Target("prod", "one"), Target("prod", "two")
A, B = ObjectKey("", "ConfigMap", "shop", "a"), ObjectKey("", "ConfigMap", "shop", "b")
HAD = Holding("live", "applyset-one-v1", frozenset({A, B}), frozenset({B}))
GETS = Holding("live", "applyset-two-v1", frozenset(), frozenset({A}))


def test_what_one_target_stops_having_and_another_begins_to_have_moves() -> None:
    found = moves_among({ONE: HAD, TWO: GETS})
    assert found[TWO].coming == {A: "applyset-one-v1"}
    assert found[ONE].going == {A: TWO}
    assert not found[ONE].coming
    assert not found[TWO].going


def test_nothing_moves_between_clusters_or_while_both_have_it() -> None:
    elsewhere = moves_among({ONE: HAD, TWO: replace(GETS, cluster="other")})
    both = moves_among({ONE: replace(HAD, has=HAD.owned), TWO: GETS})
    for found in (elsewhere, both):
        assert not any(each.coming or each.going for each in found.values())


def test_a_renamed_app_is_known_by_the_name_it_had() -> None:
    app = App("shop", "web", ("prod",), was="web")
    config = Config(apps={"shop": app}, environments={"prod": Environment("prod", "live")})
    assert former(config, Target("prod", "shop")) == Target("prod", "web")
    assert former(config, Target("prod", "web")) is None
    assert Target("prod", "web") in renamed(config)
    assert Target("staging", "web") not in renamed(config)
