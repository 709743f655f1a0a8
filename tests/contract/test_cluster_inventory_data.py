"""Inventories as data: what is written is read back, and what anybody changed is not believed."""

import base64
import copy
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cluster.applyset import applyset_id, parent_metadata, stranger
from bot.cluster.inventory_data import Contents, TooManyRows, Unbelievable, seal, unseal
from bot.domain.inventory import InventoryRow
from bot.objects.identity import ObjectKey

KEY = b"0123456789abcdef"
ID = applyset_id("plumbline", "plumbline-abc")


def rows(count: int) -> tuple[InventoryRow, ...]:
    return tuple(
        InventoryRow(
            ObjectKey("apps", "Deployment", "shop", f"web-{n:05}"), "apps/v1", f"uid-{n}", "c" * 40, f"{n:064x}"
        )
        for n in range(count)
    )


texts = st.text(max_size=40)
any_rows = st.lists(
    st.builds(
        InventoryRow,
        st.builds(ObjectKey, texts, texts, texts, texts),
        *(texts, texts, texts, texts),
        *(st.booleans(), st.booleans(), st.booleans()),
        texts,
    ),
    max_size=8,
    unique_by=lambda row: row.object,
)


@given(any_rows, texts)
def test_what_is_sealed_is_read_back(some: list[InventoryRow], pending: str) -> None:
    contents = Contents(tuple(sorted(some, key=lambda row: row.object)), pending)
    assert unseal(seal(contents, ID, KEY), ID, KEY) == contents


def test_the_same_contents_give_the_same_bytes_whatever_their_order() -> None:
    for count in (3, 2000):
        some = rows(count)
        assert seal(Contents(some), ID, KEY) == seal(Contents(some[::-1]), ID, KEY)


def test_few_rows_can_be_read_with_kubectl() -> None:
    sealed = seal(Contents(rows(2), "deployment 7, wave 1"), ID, KEY)
    assert [json.loads(line)["name"] for line in sealed["data"]["rows"].splitlines()] == ["web-00000", "web-00001"]
    assert sealed["data"]["pending"] == "deployment 7, wave 1"


def test_five_thousand_rows_fit_into_one_config_map() -> None:
    sealed = seal(Contents(rows(5000)), ID, KEY)
    assert len(json.dumps(sealed)) < 1_000_000
    assert unseal(sealed, ID, KEY).rows == rows(5000)


def test_rows_that_do_not_fit_are_refused() -> None:
    noise = "".join(chr(0x4E00 + (n * 7919) % 20000) for n in range(500_000))
    row = InventoryRow(ObjectKey("", "ConfigMap", "shop", noise), "v1", "u", "c", "f")
    with pytest.raises(TooManyRows):
        seal(Contents((row,)), ID, KEY)


def _drop_a_row(sealed: dict[str, Any]) -> None:
    sealed["data"]["rows"] = "".join(sealed["data"]["rows"].splitlines(keepends=True)[1:])


def _another_uid(sealed: dict[str, Any]) -> None:
    sealed["data"]["rows"] = sealed["data"]["rows"].replace("uid-0", "uid-9")


def _no_rows(sealed: dict[str, Any]) -> None:
    del sealed["data"]["rows"]


def _no_header(sealed: dict[str, Any]) -> None:
    del sealed["data"]["header"]


def _header_of_another_type(sealed: dict[str, Any]) -> None:
    sealed["data"]["header"] = "[1, 2]"


def _deep_header(sealed: dict[str, Any]) -> None:
    sealed["data"]["header"] = "[" * 100_000


def _no_data(sealed: dict[str, Any]) -> None:
    sealed.clear()


def _new_journal(sealed: dict[str, Any]) -> None:
    sealed["data"]["pending"] = "x"


def _packed_instead(sealed: dict[str, Any]) -> None:
    sealed["binaryData"] = {"rows.gz": base64.b64encode(gzip.compress(b"")).decode()}


def _bomb(sealed: dict[str, Any]) -> None:
    sealed["binaryData"] = {"rows.gz": base64.b64encode(gzip.compress(b"\n" * 30_000_000, 9)).decode()}


def _not_packed(sealed: dict[str, Any]) -> None:
    sealed["binaryData"] = {"rows.gz": "AAAA"}


EDITS = [
    _drop_a_row,
    _another_uid,
    _no_rows,
    _no_header,
    _header_of_another_type,
    _deep_header,
    _no_data,
    _new_journal,
    _packed_instead,
    _not_packed,
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edited_map_is_not_believed(edit: Any) -> None:
    sealed = copy.deepcopy(seal(Contents(rows(2)), ID, KEY))
    edit(sealed)
    with pytest.raises(Unbelievable):
        unseal(sealed, ID, KEY)


def test_a_map_that_unpacks_without_end_is_not_unpacked() -> None:
    sealed = copy.deepcopy(seal(Contents(rows(2)), ID, KEY))
    _bomb(sealed)
    with pytest.raises(Unbelievable):
        unseal(sealed, ID, KEY)


def test_a_map_of_another_target_or_installation_is_not_believed() -> None:
    sealed = seal(Contents(rows(1)), ID, KEY)
    with pytest.raises(Unbelievable):
        unseal(sealed, applyset_id("plumbline", "plumbline-other"), KEY)
    with pytest.raises(Unbelievable):
        unseal(sealed, ID, b"another-key-0000")


def test_the_id_is_kubectls() -> None:
    """The value is what kubectl computes for the parent ConfigMap prod/shop."""
    assert applyset_id("prod", "shop") == "applyset-MKiGd8qjds7_4l58fSj3Hm-momNfCzEqg3i6kuRIBpI-v1"


def test_a_parent_names_every_kind_and_namespace_but_its_own() -> None:
    members = [
        ObjectKey("apps", "Deployment", "shop", "web"),
        ObjectKey("", "Namespace", "", "shop"),
        ObjectKey("", "ConfigMap", "plumbline", "a"),
    ]
    annotations = parent_metadata("plumbline", "x", members)["annotations"]
    assert annotations["applyset.kubernetes.io/contains-group-kinds"] == "ConfigMap,Deployment.apps,Namespace"
    assert annotations["applyset.kubernetes.io/additional-namespaces"] == "shop"
    assert annotations["applyset.kubernetes.io/tooling"].startswith("plumbline/v")


def test_a_parent_of_another_tool_or_with_a_copied_id_is_a_stranger() -> None:
    def own() -> Any:
        return copy.deepcopy({"metadata": parent_metadata("plumbline", "x", [])})

    assert stranger(own()) == ""
    foreign = own()
    foreign["metadata"]["annotations"]["applyset.kubernetes.io/tooling"] = "kubectl/v1.37.0"
    assert "kubectl" in stranger(foreign)
    copied = own()
    copied["metadata"]["name"] = "y"
    assert stranger(copied)
    assert stranger({"metadata": {"name": "x", "namespace": "plumbline"}})
