"""Edits of a custom kind that has lists with keys, a set, atomic lists, defaults and a rule, for the table."""

from tests.live import manifests as m
from tests.live.edits import Edit, edit, said

KEYED = m.DEFINITION.replace(
    "              size: {type: integer}\n",
    """              size: {type: integer, default: 3}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              plain: {type: array, items: {type: object, properties: {a: {type: string}, b: {type: string}}}}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              once: {type: string, x-kubernetes-validations: [{rule: self == oldSelf}]}
              doors:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [side, floor]
                items:
                  type: object
                  required: [side, floor]
                  properties: {side: {type: string}, floor: {type: integer}, open: {type: boolean, default: false}}
""",
)
WIDGET = (
    KEYED
    + "---\n"
    + m.CUSTOM.replace(
        "  size: 1\n",
        """  size: 1
  once: a
  tags: [a, b]
  free: {deep: {er: [1, 2, {x: y}]}, gone: 1}
  plain: [{a: "1", b: "1"}, {a: "2", b: "2"}, {a: "3", b: "3"}]
  doors:
  - {side: left, floor: 1, open: true}
  - {side: left, floor: 2}
  - {side: right, floor: 1}
""",
    )
)
COLORS = "              size: {type: integer, default: 3}\n"
COLOR = "              color: {type: string}\n"
CUSTOM = (
    Edit("keyed", KEYED, KEYED, "nothing"),
    edit("size-dropped", WIDGET, ("  size: 1\n", "")),
    edit("size-null", WIDGET, ("  size: 1\n", "  size: null\n")),
    edit("default-written", WIDGET, ("{side: left, floor: 2}", "{side: left, floor: 2, open: false}"), ends="nothing"),
    edit("free", WIDGET, ("[1, 2, {x: y}]", "[1, 3, {x: z}]"), (", gone: 1", "")),
    edit("tags", WIDGET, ("[a, b]", "[c, b]"), says=said(("spec.tags[=c]", "git"), ("spec.tags[=a]", "git"))),
    edit("tags-reordered", WIDGET, ("[a, b]", "[b, a]")),
    edit("plain-inserted", WIDGET, ('[{a: "1", b: "1"}, ', '[{a: "0", b: "0"}, {a: "1", b: "1"}, ')),
    edit("plain-edited", WIDGET, ('{a: "2", b: "2"}', '{a: "2", b: "x"}')),
    edit("door-opened", WIDGET, ("{side: left, floor: 2}", "{side: left, floor: 2, open: true}")),
    edit("door-removed", WIDGET, ("  - {side: left, floor: 1, open: true}\n", "")),
    edit(
        "door-added",
        WIDGET,
        ("\n  doors:\n", "\n  doors:\n  - {side: back, floor: 1}\n"),
        says=said(("spec.doors[floor=1,side=back]", "git")),
    ),
    edit(
        "door-added-and-opened",
        WIDGET,
        ("\n  doors:\n", "\n  doors:\n  - {side: back, floor: 1}\n"),
        ("{side: left, floor: 2}", "{side: left, floor: 2, open: true}"),
    ),
    edit("once", WIDGET, ("once: a", "once: b"), ends="replace"),
    edit("redefined", WIDGET, ("  size: 1\n", "  size: 1\n  color: red\n"), (COLORS, COLORS + COLOR)),
    edit("pruned", WIDGET, ("  size: 1\n", "  size: 1\n  unknown: x\n"), ends="error"),
)
