"""The operator's settings, from the environment and the files it names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.domain.errors import UserMistake
from bot.settings import KEY_FILE, PREFIX, Settings, read_settings

PEM = "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----"
GITHUB = {"GITHUB_APP_ID": "7", "GITHUB_PRIVATE_KEY": PEM, "GITHUB_WEBHOOK_SECRETS": "first-secret, second-secret"}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    return read_settings()


def test_without_anything_set_there_is_a_folder_and_no_forge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = settings(monkeypatch)
    assert found.github is None
    assert found.data_dir == tmp_path / "plumbline-data"
    assert found.data_dir.stat().st_mode & 0o777 == 0o700
    assert found.database_url.get_secret_value() == f"sqlite:///{found.data_dir}/plumbline.db"


def test_figures_are_off_unless_an_address_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch).metrics is None
    assert settings(monkeypatch, METRICS_LISTEN="9464").metrics == ("127.0.0.1", 9464)
    assert settings(monkeypatch, METRICS_LISTEN="0.0.0.0:9464").metrics == ("0.0.0.0", 9464)
    with pytest.raises(UserMistake, match="METRICS_LISTEN is no address"):
        settings(monkeypatch, METRICS_LISTEN="http://x")


def test_the_fingerprint_key_is_made_once_and_for_us_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = settings(monkeypatch), settings(monkeypatch)
    key = tmp_path / "plumbline-data" / KEY_FILE
    assert first.fingerprint_key == second.fingerprint_key
    assert len(first.fingerprint_key.get_secret_value()) == 64
    assert key.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in key.parent.iterdir()) == [KEY_FILE]


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    code = "from bot.settings import read_settings; print(read_settings().fingerprint_key.get_secret_value())"
    root = Path(__file__).resolve().parents[1]
    environment = {"PYTHONPATH": str(root), "PLUMBLINE_DATA_DIR": str(tmp_path / "data"), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", code]
    started = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(4)]
    said = {process.communicate(timeout=150)[0] for process in started}
    assert len(said) == 1
    assert len(said.pop().strip()) == 64


def test_a_key_that_others_can_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    (settings(monkeypatch).data_dir / KEY_FILE).chmod(0o644)
    with pytest.raises(UserMistake, match="can be read by others"):
        settings(monkeypatch)


def test_github_is_configured_by_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    github = settings(monkeypatch, **GITHUB, GITHUB_URL="https://ghe.acme.io/").github
    assert github
    assert (github.app_id, github.private_key.get_secret_value(), github.url) == (7, PEM, "https://ghe.acme.io")
    assert [secret.get_secret_value() for secret in github.webhook_secrets] == ["first-secret", "second-secret"]


def test_every_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = {
        "GITHUB_PRIVATE_KEY": PEM + "\n",
        "GITHUB_WEBHOOK_SECRETS": "first,secret\n\nsecond-secret\n",
        "FINGERPRINT_KEY": "k" * 40 + "\n",
        "DATABASE_URL": "postgresql://bot:word@localhost/plumbline\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = settings(monkeypatch, GITHUB_APP_ID="7", **{f"{name}_FILE": str(tmp_path / name) for name in files})
    assert found.github
    assert [secret.get_secret_value() for secret in found.github.webhook_secrets] == ["first,secret", "second-secret"]
    assert found.github.private_key.get_secret_value() == PEM
    assert found.fingerprint_key.get_secret_value() == "k" * 40
    assert found.database_url.get_secret_value() == "postgresql://bot:word@localhost/plumbline"


def test_no_secret_is_in_what_settings_print(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, **GITHUB, DATABASE_URL="postgresql://bot:word@localhost/plumbline")
    printed = f"{found!r} {found} {found.github} {found.model_dump()}"
    assert len(found.secret_values()) == 5
    assert not [secret for secret in (*found.secret_values(), "c2VjcmV0", "word") if secret in printed]


@pytest.mark.parametrize("missing", GITHUB)
def test_a_forge_is_configured_wholly_or_not_at_all(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserMistake, match=f"without PLUMBLINE_{missing}"):
        settings(monkeypatch, **{name: value for name, value in GITHUB.items() if name != missing})


WRONG = {
    "an id that is no number": ({"GITHUB_APP_ID": "s3cret"}, "PLUMBLINE_GITHUB_APP_ID: .*integer"),
    "an unknown form of logs": ({"LOG_FORMAT": "s3cret"}, "PLUMBLINE_LOG_FORMAT: .*'json' or 'text'"),
    "a third webhook secret": ({**GITHUB, "GITHUB_WEBHOOK_SECRETS": "s3cret,b,c"}, "holds 3 secrets"),
    "only blanks for a webhook secret": (
        {**GITHUB, "GITHUB_WEBHOOK_SECRETS": " , "},
        "without PLUMBLINE_GITHUB_WEBHOOK",
    ),
    "a key that is none": ({**GITHUB, "GITHUB_PRIVATE_KEY": "s3cret"}, "no key in PEM form"),
    "a short fingerprint key": ({"FINGERPRINT_KEY": "s3cret"}, "too short"),
    "a database of another kind": ({"DATABASE_URL": "mysql://s3cret@x/y"}, "of no kind that we know"),
    "an address that is none": ({"GITHUB_URL": "s3cret"}, "PLUMBLINE_GITHUB_URL is no address"),
    "an address with a password": ({"PUBLIC_URL": "https://a:s3cret@x"}, "PLUMBLINE_PUBLIC_URL is no address"),
    "a file that is not there": (
        {"FINGERPRINT_KEY_FILE": "gone"},
        "PLUMBLINE_FINGERPRINT_KEY_FILE=gone cannot be read",
    ),
    "a file that is a folder": ({"FINGERPRINT_KEY_FILE": "."}, "cannot be read: Is a directory"),
    "an empty file": ({"FINGERPRINT_KEY_FILE": os.devnull}, "is empty"),
    "a variable and its file": ({"FINGERPRINT_KEY": "s3cret", "FINGERPRINT_KEY_FILE": "x"}, "both set"),
    "a folder that cannot be made": ({"DATA_DIR": f"{os.devnull}/x"}, "cannot be ours alone"),
}


@pytest.mark.parametrize(("variables", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_names_the_variable_and_no_value(
    variables: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserMistake, match=words) as caught:
        settings(monkeypatch, **variables)
    assert "s3cret" not in str(caught.value)
    assert caught.value.remedy
