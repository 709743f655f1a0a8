"""The render cache forgets what was used longest ago, by number and by size."""

from bot.objects.read import SourceObject
from bot.ports.renderer import Rendered
from bot.workspace.render_cache import MemoryRenderCache


def rendered(size: int = 1) -> Rendered:
    """A render that holds one object of about so many bytes."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"text": "x" * size}}
    return Rendered((SourceObject(body, "web/all.yaml", 1),), ("web",))


def kept(cache: MemoryRenderCache, *keys: str) -> list[str]:
    """Those of these contents that are still remembered."""
    return [key for key in keys if cache.get(key) is not None]


def test_the_render_used_longest_ago_goes_first() -> None:
    cache = MemoryRenderCache(remembered=2)
    for key in ("one", "two"):
        cache.keep(key, ("web",), key, rendered())
    assert cache.get("one") is not None
    cache.keep("three", ("web",), "three", rendered())
    assert kept(cache, "one", "two", "three") == ["one", "three"]


def test_what_an_app_reads_is_known_as_long_as_it_is_asked_for() -> None:
    cache = MemoryRenderCache(remembered=2)
    for key in ("base", "one", "two", "three"):
        assert cache.reads("base") == (("web",) if key != "base" else None)
        cache.keep(key, ("web",), key, rendered())
    assert [key for key in ("base", "one", "two", "three") if cache.reads(key)] == ["base", "three"]


def test_large_renders_push_out_others_but_never_themselves() -> None:
    cache = MemoryRenderCache(most_bytes=10_000)
    cache.keep("small", ("web",), "small", rendered())
    cache.keep("half", ("web",), "half", rendered(6_000))
    assert kept(cache, "small", "half") == ["small", "half"]
    cache.keep("large", ("web",), "large", rendered(50_000))
    assert kept(cache, "small", "half", "large") == ["large"]


def test_the_same_content_counts_once() -> None:
    cache = MemoryRenderCache(most_bytes=10_000)
    for _ in range(5):
        cache.keep("web", ("web",), "web", rendered(6_000))
    cache.keep("small", ("web",), "small", rendered())
    assert kept(cache, "web", "small") == ["web", "small"]
