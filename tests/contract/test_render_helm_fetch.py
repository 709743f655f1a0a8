"""Charts that a Chart.lock names are fetched before the jail, from allowed hosts at public addresses alone."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.domain.config import App
from bot.domain.errors import Unavailable
from bot.ports.renderer import Rendered, Setting
from bot.renderers.fetch.web import Web, is_public
from bot.renderers.jailed import JailedRenderer
from fixtures.cluster.build import tools
from tests.contract.chart_host import ChartHost, chart_host, packed
from tests.contract.rendering import config_map

APP = App("web", "app", ("prod",))
CACHE = packed("cache", "1.2.3", config_map("from-the-chart"))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ChartHost]:
    with chart_host(tmp_path) as host:
        yield host


class Umbrella:
    """A chart that depends on `cache`, in a checkout; `web` makes the client that fetches."""

    def __init__(self, place: Path, host: ChartHost) -> None:
        self.checkout = place / "checkout"
        (self.checkout / "app").mkdir(parents=True)
        self.host = host
        web = partial(Web, reachable=lambda address: True, trust=host.trust)
        self.renderer = JailedRenderer(place / "jail", tools(), web=web)

    def locked(self, repository: str, version: str = "1.2.3") -> None:
        """Write Chart.yaml and Chart.lock."""
        listed = f"dependencies:\n- name: cache\n  version: {version}\n  repository: {repository}\n"
        (self.checkout / "app/Chart.yaml").write_text(f"apiVersion: v2\nname: web\nversion: 1.0.0\n{listed}")
        (self.checkout / "app/Chart.lock").write_text(listed)

    def render(self, *hosts: str, renderer: JailedRenderer | None = None) -> Rendered:
        """Render with some hosts allowed."""
        return (renderer or self.renderer).render(self.checkout, APP, Setting(chart_hosts=hosts))

    def names(self, *hosts: str) -> list[str]:
        """The names of the objects that come out."""
        return [source.body["metadata"]["name"] for source in self.render(*hosts).objects]

    def refused(self, *hosts: str, renderer: JailedRenderer | None = None) -> Unavailable:
        """Why nothing came out; it is said at the line of Chart.lock."""
        with pytest.raises(Unavailable) as caught:
            self.render(*hosts, renderer=renderer)
        assert (caught.value.file, caught.value.line) == ("app/Chart.lock", 2)
        return caught.value


@pytest.fixture
def umbrella(tmp_path: Path, host: ChartHost) -> Umbrella:
    return Umbrella(tmp_path, host)


def test_a_locked_chart_of_a_repository_is_fetched_once(umbrella: Umbrella, host: ChartHost) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}))
    assert umbrella.names(host.name) == ["from-the-chart"]
    assert host.asked == ["/charts/index.yaml", "/charts/packed/cache.tgz"]
    assert umbrella.names(host.name) == ["from-the-chart"]
    assert len(host.asked) == 2


def test_a_locked_chart_of_a_registry_is_fetched_with_an_anonymous_token(umbrella: Umbrella, host: ChartHost) -> None:
    umbrella.locked(host.registry("cache", "1.2.3", CACHE))
    assert umbrella.names(host.name) == ["from-the-chart"]


def test_a_committed_chart_is_not_fetched(umbrella: Umbrella, host: ChartHost) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}))
    (umbrella.checkout / "app/charts").mkdir()
    (umbrella.checkout / "app/charts/cache-1.2.3.tgz").write_bytes(CACHE)
    assert umbrella.names(host.name) == ["from-the-chart"]
    assert host.asked == []


def test_a_host_that_the_operator_does_not_allow_is_never_asked(umbrella: Umbrella, host: ChartHost) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}))
    said = umbrella.refused("charts.acme.io")
    assert f"not fetched from {host.name}" in said.message
    assert "chart_hosts" in said.remedy
    assert host.asked == []


def test_an_allowed_name_at_a_private_address_is_refused(umbrella: Umbrella, host: ChartHost, tmp_path: Path) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}))
    as_shipped = JailedRenderer(tmp_path / "jail", tools(), web=partial(Web, trust=host.trust))
    assert "inside this network" in umbrella.refused(host.name, renderer=as_shipped).message
    assert host.asked == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.7", "169.254.169.254", "192.168.1.1", "100.64.0.1", "::1", "fd00::1", "::ffff:10.0.0.7"],
)
def test_an_address_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_an_address_on_the_internet_is_public(address: str) -> None:
    assert is_public(address)


def test_a_redirect_to_another_host_is_not_followed(umbrella: Umbrella, host: ChartHost) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}))
    host.answers["/charts/packed/cache.tgz"] = (302, {"Location": "https://elsewhere.acme.io/cache.tgz"})
    assert "not fetched from elsewhere.acme.io" in umbrella.refused(host.name).message


def test_plain_http_is_not_fetched_from_even_after_a_redirect(umbrella: Umbrella, host: ChartHost) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}))
    host.answers["/charts/packed/cache.tgz"] = (302, {"Location": f"http://{host.name}/cache.tgz"})
    assert "http://" in umbrella.refused(host.name).message


def test_an_endless_redirect_ends(umbrella: Umbrella, host: ChartHost) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}))
    host.answers["/charts/packed/cache.tgz"] = (302, {"Location": "/charts/packed/cache.tgz"})
    assert "redirects more than" in umbrella.refused(host.name).message


def test_an_archive_that_is_not_what_the_index_promised_is_refused(umbrella: Umbrella, host: ChartHost) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}))
    host.answers["/charts/packed/cache.tgz"] = packed("cache", "1.2.3", config_map("another"))
    assert "SHA-256 differs" in umbrella.refused(host.name).message


@pytest.mark.parametrize("index", [b"entries: [", b"[]", b"entries: {cache: 7}", b"entries: {cache: [7]}", b""])
def test_an_index_that_cannot_be_read_is_a_clear_mistake(umbrella: Umbrella, host: ChartHost, index: bytes) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}))
    host.answers["/charts/index.yaml"] = index
    assert umbrella.refused(host.name).message


def test_a_version_that_is_gone_is_named(umbrella: Umbrella, host: ChartHost) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}), version="9.9.9")
    assert "has no cache 9.9.9" in umbrella.refused(host.name).message


def test_a_chart_that_could_not_be_had_is_fetched_the_next_time(umbrella: Umbrella, host: ChartHost) -> None:
    repository = host.repository({("cache", "1.2.3"): CACHE})
    umbrella.locked(repository)
    host.answers["/charts/packed/cache.tgz"] = (503, {})
    assert "answered 503" in umbrella.refused(host.name).message
    host.repository({("cache", "1.2.3"): CACHE})
    assert umbrella.names(host.name) == ["from-the-chart"]


def test_a_host_that_is_slower_than_the_time_there_is_gets_no_more_of_it(
    umbrella: Umbrella, host: ChartHost, tmp_path: Path
) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}))
    web = partial(Web, reachable=lambda address: True, trust=host.trust, seconds=0.0)
    hurried = JailedRenderer(tmp_path / "jail", tools(), web=web)
    assert "takes too long" in umbrella.refused(host.name, renderer=hurried).message


def test_an_address_that_is_none_is_a_clear_mistake(umbrella: Umbrella, host: ChartHost) -> None:
    umbrella.locked("https://charts.acme.io:none")
    assert "is not an address" in umbrella.refused(host.name).message


def test_a_kept_archive_that_was_changed_on_disk_is_not_used(umbrella: Umbrella, host: ChartHost) -> None:
    umbrella.locked(host.repository({("cache", "1.2.3"): CACHE}))
    umbrella.render(host.name)
    (kept,) = (umbrella.checkout.parent / "jail/charts").glob("*.tgz")
    kept.write_bytes(packed("cache", "1.2.3", config_map("changed")))
    assert umbrella.names(host.name) == ["from-the-chart"]


def test_a_chart_sees_what_the_cluster_can_do(umbrella: Umbrella) -> None:
    template = (
        config_map("asked")
        + "data:\n  version: {{ .Capabilities.KubeVersion }}\n"
        + '  monitored: {{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" | quote }}\n'
    )
    (umbrella.checkout / "app/Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (umbrella.checkout / "app/templates").mkdir()
    (umbrella.checkout / "app/templates/all.yaml").write_text(template)
    setting = Setting(kube_version="v1.33.4", api_versions=("apps/v1", "monitoring.coreos.com/v1"))
    (found,) = umbrella.renderer.render(umbrella.checkout, APP, setting).objects
    assert found.body["data"] == {"version": "v1.33.4", "monitored": "true"}
