"""The gateway against an API server that misbehaves."""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cluster.connection import connect
from bot.cluster.gateway import Gateway, Patience
from bot.domain.grants import Cluster
from bot.ports.clusters import ClusterUnreachable
from tests.contract.api_stand_in import Got, Say, StandIn, failure, scripted

QUICK = Patience(connect=20.0, read=20.0, total=60.0, pause=0.01)
HASTY = Patience(connect=2.0, read=0.5, total=10.0, pause=0.01)
PATH = "/api/v1/namespaces/shop/configmaps/a"


def cluster_at(kubeconfig: Path | str) -> Cluster:
    return Cluster(
        "prod", str(kubeconfig), "", False, "plumbline", "system:serviceaccount:plumbline:inventory", False, ()
    )


def gateway_to(server: StandIn, folder: Path, identity: str = "", patience: Patience = QUICK) -> Gateway:
    return Gateway(connect(cluster_at(server.kubeconfig(folder))), identity, patience)


def test_an_apply_is_server_side_as_plumbline_and_as_the_identity(tmp_path: Path) -> None:
    with StandIn(scripted(Say(body={"kind": "ConfigMap"}))) as server:
        gateway_to(server, tmp_path, "system:serviceaccount:p:plan").apply(PATH, b"{}", force=False, dry=True)
    (got,) = server.got
    assert got.method == "PATCH"
    assert got.path == f"{PATH}?fieldManager=plumbline&force=false&fieldValidation=Strict&dryRun=All"
    assert got.headers["content-type"] == "application/apply-patch+yaml"
    assert got.headers["impersonate-user"] == "system:serviceaccount:p:plan"
    assert got.headers["authorization"] == "Bearer first-token"


def test_without_an_identity_nobody_is_impersonated(tmp_path: Path) -> None:
    with StandIn(scripted(Say())) as server:
        gateway_to(server, tmp_path).get(PATH)
    assert not any(name.startswith("impersonate") for name in server.got[0].headers)


def test_a_real_apply_does_not_mention_dry_run(tmp_path: Path) -> None:
    with StandIn(scripted(Say())) as server:
        gateway_to(server, tmp_path).apply(PATH, b"{}", force=True, dry=False)
    assert "dryRun" not in server.got[0].path
    assert "force=true" in server.got[0].path


def test_refused_credentials_are_read_again_once(tmp_path: Path) -> None:
    def react(got: Got) -> Say:
        return Say() if got.headers["authorization"] == "Bearer second-token" else failure(401, "Unauthorized")

    with StandIn(react) as server:
        gateway = gateway_to(server, tmp_path)
        with pytest.raises(ClusterUnreachable, match="does not accept the bot's credentials") as raised:
            gateway.get(PATH)
        assert len(server.got) == 2
        assert "first-token" not in str(raised.value)
        server.kubeconfig(tmp_path, {"token": "second-token"})
        assert gateway.get(PATH).ok


def test_an_exec_plugin_is_asked_again_when_its_token_is_refused(tmp_path: Path) -> None:
    """As clouds hand out tokens: a program prints an ExecCredential."""
    plugin = tmp_path / "plugin.py"
    plugin.write_text(
        "import json, pathlib\n"
        f"count = pathlib.Path({str(tmp_path / 'count')!r})\n"
        "count.write_text(str(int(count.read_text() or 0) + 1 if count.exists() else 1))\n"
        "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1', 'kind': 'ExecCredential',"
        " 'status': {'token': 'token-' + count.read_text()}}))\n"
    )
    program = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": [str(plugin)]}

    def react(got: Got) -> Say:
        return failure(401, "Unauthorized") if got.headers["authorization"] == "Bearer token-1" else Say()

    with StandIn(react) as server:
        kubeconfig = server.kubeconfig(tmp_path, {"exec": {**program, "interactiveMode": "Never"}})
        gateway = Gateway(connect(cluster_at(kubeconfig)), "", QUICK)
        assert gateway.get(PATH).ok
        assert gateway.get(PATH).ok
    assert [got.headers["authorization"] for got in server.got] == [
        "Bearer token-1",
        "Bearer token-2",
        "Bearer token-2",
    ]


def test_a_plugin_that_fails_is_missing_credentials_not_missing_rights(tmp_path: Path) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(tmp_path / "missing")}
    said = 'serviceaccounts "plan" is forbidden: User "system:anonymous" cannot impersonate resource "serviceaccounts"'
    with StandIn(scripted(failure(403, said, "Forbidden"))) as server:
        kubeconfig = server.kubeconfig(tmp_path, {"exec": {**plugin, "interactiveMode": "Never"}})
        with pytest.raises(ClusterUnreachable, match="does not accept the bot's credentials"):
            Gateway(connect(cluster_at(kubeconfig)), "system:serviceaccount:p:plan", QUICK).get(PATH)
    assert not any("authorization" in got.headers for got in server.got)


def test_too_many_requests_are_repeated_when_the_server_says_so(tmp_path: Path) -> None:
    slow_down = Say(429, {"message": "too many requests"}, {"Retry-After": "1"})
    with StandIn(scripted(slow_down, Say())) as server:
        began = time.monotonic()
        assert gateway_to(server, tmp_path).apply(PATH, b"{}", force=False, dry=True).ok
    assert time.monotonic() - began >= 1.0


def test_a_wait_beyond_patience_is_not_waited_for(tmp_path: Path) -> None:
    with StandIn(scripted(Say(429, {}, {"Retry-After": "3600"}))) as server:
        began = time.monotonic()
        with pytest.raises(ClusterUnreachable, match="asks the bot to slow down") as asked:
            gateway_to(server, tmp_path).get(PATH)
    assert asked.value.after == 3600
    assert time.monotonic() - began < 60.0


TYPING = "failed to create typed patch object (shop/a; /v1, Kind=ConfigMap): .dat: field not declared in schema"


@pytest.mark.parametrize("message", [TYPING, "failed to convert new object", "etcdserver: request is too large"])
def test_a_500_that_would_come_back_is_asked_for_once(tmp_path: Path, message: str) -> None:
    with StandIn(scripted(failure(500, message))) as server:
        response = gateway_to(server, tmp_path).apply(PATH, b"{}", force=False, dry=True)
    assert response.message == message
    assert len(server.got) == 1


def test_a_server_that_is_briefly_away_is_asked_again(tmp_path: Path) -> None:
    with StandIn(scripted(failure(503, "starting"), Say(hang_up=True), Say())) as server:
        assert gateway_to(server, tmp_path).apply(PATH, b"{}", force=False, dry=False).ok
    assert len(server.got) == 3


def test_a_server_that_stays_away_is_unreachable_after_three_tries(tmp_path: Path) -> None:
    with StandIn(scripted(failure(503, "password=hunter2"))) as server, pytest.raises(ClusterUnreachable) as raised:
        gateway_to(server, tmp_path).get(PATH)
    assert str(raised.value) == "cluster prod answers with HTTP 503"
    assert len(server.got) == 3


def test_a_webhook_that_is_away_is_named(tmp_path: Path) -> None:
    said = 'Internal error occurred: failed calling webhook "policy.acme.io": Post "https://10.0.0.7": EOF'
    with StandIn(scripted(failure(500, said, "InternalError"))) as server, pytest.raises(ClusterUnreachable) as raised:
        gateway_to(server, tmp_path).get(PATH)
    assert str(raised.value) == "cluster prod cannot ask its admission webhook policy.acme.io"


def test_a_quota_that_was_never_counted_refuses_nothing_for_good(tmp_path: Path) -> None:
    said = 'configmaps "web" is forbidden: status unknown for quota: shop, resources: count/configmaps'
    with StandIn(scripted(failure(403, said, "Forbidden"), Say())) as server:
        assert gateway_to(server, tmp_path).get(PATH).ok
    with StandIn(scripted(failure(403, said, "Forbidden"))) as server, pytest.raises(ClusterUnreachable) as raised:
        gateway_to(server, tmp_path).get(PATH)
    assert str(raised.value) == "cluster prod has not counted yet what the quota shop limits"


def test_a_missing_right_to_impersonate_says_what_to_apply(tmp_path: Path) -> None:
    said = (
        'serviceaccounts "plan" is forbidden: User "bot" cannot impersonate resource "serviceaccounts" in API group ""'
    )
    with (
        StandIn(scripted(failure(403, said, "Forbidden"))) as server,
        pytest.raises(ClusterUnreachable, match="apply the output"),
    ):
        gateway_to(server, tmp_path, "system:serviceaccount:p:plan").get(PATH)
    assert len(server.got) == 1


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with StandIn(scripted(Say())) as elsewhere:
        away = Say(307, {}, {"Location": f"http://127.0.0.1:{elsewhere.port}/"})
        with StandIn(scripted(away)) as server, pytest.raises(ClusterUnreachable, match="redirect"):
            gateway_to(server, tmp_path).get(PATH)
    assert elsewhere.got == []


def test_a_server_that_never_answers_costs_a_bounded_time(tmp_path: Path) -> None:
    release = threading.Event()

    def react(_: Got) -> Say:
        release.wait(60)
        return Say()

    with StandIn(react) as server:
        began = time.monotonic()
        with pytest.raises(ClusterUnreachable, match="cluster prod does not answer in time"):
            gateway_to(server, tmp_path, patience=HASTY).get(PATH)
        assert time.monotonic() - began < 30.0
        release.set()


def test_nobody_listening_is_said_without_the_address(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with StandIn(scripted(Say())) as server:
            kubeconfig = server.kubeconfig(tmp_path)
        text = kubeconfig.read_text().replace(str(server.port), str(unused.getsockname()[1]))
        kubeconfig.write_text(text)
        with pytest.raises(ClusterUnreachable) as raised:
            Gateway(connect(cluster_at(kubeconfig)), "", QUICK).get(PATH)
    assert str(raised.value) == "cluster prod refuses connections or cannot be found"


def _broken(folder: Path) -> Path:
    path = folder / "kubeconfig"
    path.write_text("token: hunter2: [")
    return path


def _without_context(folder: Path) -> Path:
    path = folder / "kubeconfig"
    path.write_text(
        json.dumps({"apiVersion": "v1", "kind": "Config", "users": [{"name": "u", "user": {"token": "hunter2"}}]})
    )
    return path


def _of_other_types(folder: Path) -> Path:
    path = folder / "kubeconfig"
    path.write_text("clusters: 3\nusers: {token: hunter2}\n")
    return path


@pytest.mark.parametrize("make", [lambda folder: folder / "missing", _broken, _without_context, _of_other_types])
def test_a_kubeconfig_that_cannot_be_used_is_unreachable_without_its_contents(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    gateway = Gateway(connect(cluster_at(make(tmp_path))), "", QUICK)
    with pytest.raises(ClusterUnreachable, match="the credentials for cluster prod cannot be used") as raised:
        gateway.get(PATH)
    assert "hunter2" not in str(raised.value)


def test_no_more_than_sixteen_requests_are_in_flight(tmp_path: Path) -> None:
    lock, inside, most = threading.Lock(), 0, 0
    full = threading.Event()

    def react(_: Got) -> Say:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            if inside == 16:
                full.set()
        full.wait(100)
        with lock:
            inside -= 1
        return Say()

    with StandIn(react) as server:
        gateway = Gateway(connect(cluster_at(server.kubeconfig(tmp_path))), "", Patience(read=200.0, total=200.0))
        threads = [threading.Thread(target=gateway.get, args=(PATH,)) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 16
    assert len(server.got) == 40
