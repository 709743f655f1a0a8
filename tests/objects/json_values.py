"""Strategies for JSON values and Kubernetes objects."""

from typing import Any

from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
named_items = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcd")}, optional={"value": texts, "n": st.integers(0, 3)}),
    max_size=4,
)
objects: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["spec", "data", "x", "env", "containers", "metadata"]), values | named_items, max_size=4
)
