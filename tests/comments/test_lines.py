"""Texts of several lines are shown line by line, inside the same fence, whatever stands in them."""

from bot.comments.objects import change_item, diff_lines, drifted_item
from bot.domain.plans import Change, Drifted, DriftedField, Verb
from bot.objects.difference import FieldChange
from bot.objects.identity import ObjectKey
from bot.objects.paths import ABSENT
from bot.objects.redact import Redactor, inert
from bot.planning.fields import Telling, shown

CONFIG = ObjectKey("", "ConfigMap", "shop", "settings")
TELLING = Telling(CONFIG, Redactor(b"sixteen bytes or more", "github:12", "prod"))
PATH = ("data", "a.conf")


def test_only_changed_lines_and_those_around_them_are_shown() -> None:
    before = "".join(f"line {n}\n" for n in range(9))
    field = shown(FieldChange(PATH, before, before.replace("line 4", "line four")), TELLING)
    assert list(diff_lines(Change(CONFIG, Verb.UPDATE, (field,)))) == [
        '@@ data["a.conf"] @@',
        "  …",
        "  line 2",
        "  line 3",
        "- line 4",
        "+ line four",
        "  line 5",
        "  line 6",
    ]


def test_a_new_file_is_shown_whole() -> None:
    field = shown(FieldChange(PATH, ABSENT, "one\ntwo\n"), TELLING)
    lines = list(diff_lines(Change(CONFIG, Verb.CREATE, (field,))))
    assert [line.rstrip() for line in lines] == ['+ data["a.conf"]:', "+   one", "+   two", "+"]


def test_no_line_of_a_text_ends_the_fence() -> None:
    field = shown(FieldChange(PATH, "a\nb\n", "a\n```\n<script>\n-->\n"), TELLING)
    text = change_item(Change(CONFIG, Verb.UPDATE, (field,))).full
    inside = text.split("```diff\n", 1)[1].rsplit("\n```", 1)[0]
    assert all(line[:1] in "+-@ " for line in inside.split("\n"))
    assert text.count("\n```") == 2


def test_what_others_set_is_said_to_be_left_alone() -> None:
    field = DriftedField("spec.replicas", inert("5"), None, "keda-operator", "2026-11-22T10:04:31Z", foreign=True)
    text = drifted_item(Drifted(CONFIG, (field,))).full
    assert "not in Git and left alone – by `keda-operator` at 2026-11-22 10:04 UTC" in text.replace("**", "`")
