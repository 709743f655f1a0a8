"""The operator's config: environment variables with the prefix PLUMBLINE_, read once when a process starts.

Every secret may stand in a file instead, named by the same variable with _FILE behind it. The data folder and the
fingerprint key are made on first start, readable by nobody else.
"""

import contextlib
import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.domain.errors import UserMistake

PREFIX = "PLUMBLINE_"
SECRETS = ("database_url", "github_private_key", "github_webhook_secrets", "fingerprint_key")
LIVE_WEBHOOK_SECRETS = 2
SHORTEST_FINGERPRINT_KEY = 32
LARGEST_SECRET_FILE = 65536
KEY_FILE = "fingerprint.key"
DATABASE_FILE = "plumbline.db"

_Secrets = Annotated[tuple[SecretStr, ...], NoDecode]


@dataclass(frozen=True, slots=True)
class GitHubSettings:
    """How we are an App of a GitHub. url is the site's own, also of an Enterprise Server."""

    app_id: int
    private_key: SecretStr
    webhook_secrets: tuple[SecretStr, ...]
    url: str


class Settings(BaseSettings):
    """Everything the operator sets. `read_settings` makes it, and fills in what was left out."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    database_url: SecretStr = SecretStr("")
    data_dir: Path = Path("plumbline-data")
    public_url: str = ""
    github_app_id: int | None = None
    github_private_key: SecretStr = SecretStr("")
    github_webhook_secrets: _Secrets = ()
    github_url: str = "https://github.com"
    fingerprint_key: SecretStr = SecretStr("")
    clusters_file: Path | None = None
    log_format: Literal["json", "text"] = "text"
    metrics_listen: str = ""

    @field_validator("github_webhook_secrets", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only the environment, and the files it names."""
        return (_SecretFiles(settings_cls), sources["env_settings"])

    @property
    def metrics(self) -> tuple[str, int] | None:
        """The address and port of the page of figures, None when there is to be none."""
        host, _, port = self.metrics_listen.rpartition(":")
        return (host or "127.0.0.1", int(port)) if self.metrics_listen else None

    @property
    def github(self) -> GitHubSettings | None:
        """GitHub, when it is configured."""
        if self.github_app_id is None:
            return None
        return GitHubSettings(
            self.github_app_id, self.github_private_key, self.github_webhook_secrets, self.github_url.rstrip("/")
        )

    def secret_values(self) -> tuple[str, ...]:
        """Every secret in here, for the log to mask."""
        found = (self.database_url, self.github_private_key, *self.github_webhook_secrets, self.fingerprint_key)
        return tuple(secret.get_secret_value() for secret in found if secret.get_secret_value())


class _SecretFiles(PydanticBaseSettingsSource):
    """The variables that end in _FILE."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The text of the file that a variable names, None without one. A list has an entry on each line."""
        text = _secret_file(f"{PREFIX}{field_name.upper()}")
        if text is None:
            return None, field_name, False
        several = field_name == "github_webhook_secrets"
        return [line.strip() for line in text.splitlines() if line.strip()] if several else text, field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(self.settings_cls.model_fields[name], name)[0] for name in SECRETS}
        return {name: value for name, value in values.items() if value is not None}


def read_settings() -> Settings:
    """The settings of this process. Makes the data folder and the fingerprint key where they are missing.

    Raises UserMistake, which names the variable and never a value, for what is missing or wrong.
    """
    try:
        found = Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise UserMistake(f"{PREFIX}{str(first['loc'][0]).upper()}: {first['msg']}", "correct the variable") from None
    _check_github(found)
    _check_urls(found)
    if found.metrics_listen and not re.fullmatch(r"([\w.-]*:)?[0-9]{1,5}", found.metrics_listen):
        raise UserMistake(f"{PREFIX}METRICS_LISTEN is no address", "write a port, or 0.0.0.0:9464")
    folder = _private_folder(found.data_dir.absolute())
    key = found.fingerprint_key if found.fingerprint_key.get_secret_value() else SecretStr(_fingerprint_key(folder))
    if len(key.get_secret_value()) < SHORTEST_FINGERPRINT_KEY:
        raise UserMistake(
            f"{PREFIX}FINGERPRINT_KEY is too short to keep a secret",
            f"give it {SHORTEST_FINGERPRINT_KEY} random characters or more, or leave it out to have one made",
        )
    database = found.database_url.get_secret_value() or f"sqlite:///{folder / DATABASE_FILE}"
    return found.model_copy(update={"data_dir": folder, "fingerprint_key": key, "database_url": SecretStr(database)})


def _secret_file(variable: str) -> str | None:
    """The text of the file that VARIABLE_FILE names, without blanks around it; None without one."""
    path = os.environ.get(f"{variable}_FILE")
    if not path:
        return None
    if os.environ.get(variable):
        raise UserMistake(f"{variable} and {variable}_FILE are both set", "unset one of them")
    try:
        with Path(path).open(encoding="utf-8") as file:
            text = file.read(LARGEST_SECRET_FILE + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UserMistake(f"{variable}_FILE={path} cannot be read: {why}", "name a file that we may read") from None
    if not text or len(text) > LARGEST_SECRET_FILE:
        raise UserMistake(f"{variable}_FILE={path} is {'too large' if text else 'empty'}", "write the secret into it")
    return text


def _check_github(found: Settings) -> None:
    """A forge is configured wholly or not at all: without a webhook secret anybody could send us events."""
    given = {
        "GITHUB_APP_ID": found.github_app_id is not None,
        "GITHUB_PRIVATE_KEY": bool(found.github_private_key.get_secret_value()),
        "GITHUB_WEBHOOK_SECRETS": bool(found.github_webhook_secrets),
    }
    missing = [PREFIX + name for name, there in given.items() if not there]
    if missing and any(given.values()):
        raise UserMistake(f"GitHub is configured without {' and '.join(missing)}", "set it, or unset the others")
    if len(found.github_webhook_secrets) > LIVE_WEBHOOK_SECRETS:
        raise UserMistake(
            f"{PREFIX}GITHUB_WEBHOOK_SECRETS holds {len(found.github_webhook_secrets)} secrets",
            f"keep {LIVE_WEBHOOK_SECRETS}: the new one, and the old one until GitHub uses the new one",
        )
    if not missing and "PRIVATE KEY-----" not in found.github_private_key.get_secret_value():
        raise UserMistake(
            f"{PREFIX}GITHUB_PRIVATE_KEY is no key in PEM form",
            f"use the .pem file that GitHub gave you: {PREFIX}GITHUB_PRIVATE_KEY_FILE=/path/to/it",
        )


def _check_urls(found: Settings) -> None:
    for name, url in (("GITHUB_URL", found.github_url), ("PUBLIC_URL", found.public_url)):
        parts = urlsplit(url)
        if url and not (parts.scheme in ("http", "https") and parts.hostname and not parts.username):
            raise UserMistake(f"{PREFIX}{name} is no address", "write it as https://host")
    database = found.database_url.get_secret_value()
    if database and not database.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise UserMistake(
            f"{PREFIX}DATABASE_URL is of no kind that we know", "write sqlite:////path or postgresql://user@host/name"
        )


def _private_folder(folder: Path) -> Path:
    """The data folder, made when missing, open to nobody else."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)  # mkdir's mode goes through the umask, and the folder may have been there
    except OSError as error:
        raise UserMistake(
            f"the data folder {folder} cannot be ours alone: {error.strerror}",
            f"set {PREFIX}DATA_DIR to a folder that we may make",
        ) from None
    return folder


def _fingerprint_key(folder: Path) -> str:
    """The key in the data folder, made on first start. Of two processes that start together one makes it for both."""
    path = folder / KEY_FILE
    mine = folder / f"{KEY_FILE}.{os.getpid()}"
    try:
        if not path.exists():
            mine.unlink(missing_ok=True)
            with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(mine, path)
            mine.unlink()
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UserMistake(f"{path} can be read by others", f"make it private: chmod 600 {path}")
        return path.read_text().strip()
    except OSError as error:
        raise UserMistake(f"{path} cannot be read or made: {error.strerror}", "mend the data folder") from None
