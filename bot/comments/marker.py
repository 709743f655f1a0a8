"""The hidden first line by which we find our own comments again."""

import hashlib
import hmac

from bot.domain.pulls import Repository


def marker(key: bytes, repository: Repository, number: int, slot: str, part: int) -> str:
    """The line for one part of one slot of one pull.

    It is keyed with the installation's fingerprint key, so nobody can guess another pull's, or have a quoted or copied
    comment taken for ours. Slots are words of ours without spaces or dashes in a row.
    """
    subject = f"plumbline comment 1\n{repository.key}\n{number}\n{slot}\n{part}"
    signed = hmac.digest(key, subject.encode(), hashlib.sha256).hex()[:32]
    return f"<!-- plumbline:{slot}:{part}:{signed} -->"


def marked(line: str, body: str) -> str:
    """A comment's text with its marker."""
    return f"{line}\n{body}"


def has_marker(line: str, body: str) -> bool:
    """Whether a comment's first line is that marker. Forges may turn line ends into CRLF."""
    return hmac.compare_digest(body.split("\n", 1)[0].rstrip("\r").encode(), line.encode())
