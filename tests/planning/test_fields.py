"""Differences as fields: leaf by leaf, in Git's order, texts line by line, never more than may be shown."""

from typing import Any

from bot.domain.plans import Field
from bot.objects.difference import FieldChange
from bot.objects.identity import ObjectKey
from bot.objects.redact import Redactor
from bot.planning.fields import Telling, Written, changed, contents, shown, told

CONFIG = ObjectKey("", "ConfigMap", "shop", "settings")
TELLING = Telling(CONFIG, Redactor(b"sixteen bytes or more", "github:12", "prod"))
WEB = Telling(ObjectKey("apps", "Deployment", "shop", "web"), TELLING.redactor)


def deployment(*containers: dict[str, Any]) -> dict[str, Any]:
    spec = {"template": {"spec": {"containers": list(containers)}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def marked(field: Field) -> list[str]:
    return [line.mark + line.text.plain for line in field.lines]


def test_a_new_object_is_told_leaf_by_leaf_in_the_order_of_git() -> None:
    body = deployment({"name": "app", "image": "app:1", "args": ["a", "b"], "ports": [{"containerPort": 80}]})
    body["metadata"] = {"namespace": "shop", "labels": {"z": "1", "a": "2"}, "name": "web"}
    place = "spec.template.spec.containers[name=app]"
    assert [(field.path, field.after.plain if field.after else "") for field in contents(body, WEB)] == [
        ("metadata.labels.z", '"1"'),
        ("metadata.labels.a", '"2"'),
        (f"{place}.image", "app:1"),
        (f"{place}.args", '["a", "b"]'),
        (f"{place}.ports[containerPort=80,protocol=TCP]", '{"containerPort": 80}'),
    ]


def test_a_text_of_several_lines_is_told_line_by_line() -> None:
    before, after = "".join(f"{n}\n" for n in range(9)), "".join(f"{n}\n" for n in range(9) if n != 4)
    assert marked(shown(FieldChange(("data", "a.conf"), before, after), TELLING)) == ["@", " 2", " 3", "-4", " 5", " 6"]


def test_a_password_inside_a_text_is_told_as_changed_only() -> None:
    before, after = "user=ana\npassword=correct-horse\n", "user=ana\npassword=battery-staple\n"
    lines = marked(shown(FieldChange(("data", "a.conf"), before, after), TELLING))
    assert [line[:18] for line in lines] == [" user=ana", "-password=changed ", "+password=changed ", " "]
    assert "horse" not in str(lines)
    assert "staple" not in str(lines)


def test_defaults_inside_something_new_are_no_news_and_those_beside_it_are() -> None:
    old = deployment({"name": "app", "image": "app:1"})
    new = deployment({"name": "app", "image": "app:1", "stdin": False}, {"name": "side", "image": "s:1", "tty": False})
    git = deployment({"name": "app", "image": "app:1"}, {"name": "side", "image": "s:1"})
    fields = told(changed(old, new, WEB.lists), Written(old, git, {}), None, WEB)
    assert [(field.path.rpartition("].")[2], field.cause.value) for field in fields] == [
        ("stdin", "default"),
        ("image", "git"),
    ]


def test_what_brings_nothing_but_defaults_along_is_told_as_git_has_it() -> None:
    plain, served = {"name": "scratch"}, {"name": "scratch", "emptyDir": {}}
    without, git, filled = ({"spec": {"volumes": each}} for each in ([], [plain], [served]))
    for old, new, written in (
        (without, filled, Written(without, git, {})),
        (filled, without, Written(git, without, {})),
    ):
        fields = told(changed(old, new, WEB.lists), written, None, WEB)
        assert [(field.path, field.cause.value) for field in fields] == [("spec.volumes[name=scratch]", "git")]
        assert (fields[0].before is None) is (old is without)
