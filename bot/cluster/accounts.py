"""ServiceAccounts by their user names, and the names that everything made for them in a cluster carries. Pure."""

import re
from dataclasses import dataclass

from bot.domain.errors import UserMistake
from bot.domain.grants import Cluster

OWN_ACCOUNT = "system:serviceaccount:plumbline:plumbline"
"""Whom the bot is to a cluster when it runs inside; elsewhere the user of its kubeconfig."""

_SERVICE_ACCOUNT = re.compile(
    r"system:serviceaccount:([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?):([a-z0-9][a-z0-9.-]{0,200})"
)


@dataclass(frozen=True, order=True, slots=True)
class Account:
    """A ServiceAccount."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        """The user name that the API server knows it by."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"


def service_account(user: str) -> Account | None:
    """The ServiceAccount behind a user name, None for other users."""
    found = _SERVICE_ACCOUNT.fullmatch(user)
    return Account(found[1], found[2]) if found else None


def granted_account(user: str, key: str) -> Account:
    """The same for what clusters.yaml names under a key. Raises UserMistake for anything else.

    Only ServiceAccounts can be impersonated by exact name and namespace without any right on users and groups.
    """
    account = service_account(user)
    if account is None:
        remedy = "write system:serviceaccount:NAMESPACE:NAME"
        raise UserMistake(f"`{key}` must be a ServiceAccount, not {user!r}", remedy, file="clusters.yaml")
    return account


def stem(cluster: Cluster) -> str:
    """What names of objects made for a cluster's grants begin with.

    Two entries of clusters.yaml may lead to one API server and must not share names; neither can hold a dot.
    """
    return f"plumbline.{cluster.name}"
