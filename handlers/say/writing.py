"""Writes one thing on the forge once, also when the process dies between the write and its record.

A slot whose id is known is rewritten. Otherwise the forge is searched for what an earlier try may have left there,
before anything is made.
"""

import hashlib
from collections.abc import Sequence

from bot.comments.marker import has_marker, marked, marker
from bot.comments.phrases import PREFIX
from bot.domain.errors import UserMistake
from bot.domain.pulls import Comment
from bot.planning.configs import config_at
from bot.ports.checks import Check, Conclusion
from bot.ports.forge import Forge
from bot.ports.forge_deployments import ForgeDeploymentState
from bot.ports.ledger import KnownRepository, Said
from bot.ports.world import Ports

BEGUN = Said(0, "running - -")
"""What a slot holds from before its first write, where a crash right after it must leave a trace."""


def prefix_of(ports: Ports, known: KnownRepository) -> str:
    """How commands begin in a repository, by the rules that were delivered last."""
    try:
        config = config_at(ports.workspace, known.repository, known.tip, merged=True) if known.tip else None
    except UserMistake:
        config = None
    return config.commands.prefix if config else PREFIX


class Writer:
    """Writes for one subject (a pull's or commit's key) through one open forge."""

    def __init__(self, ports: Ports, forge: Forge, subject: str) -> None:
        self._ports, self._forge, self._subject = ports, forge, subject
        self._ours: Sequence[Comment] | None = None

    def said(self, slot: str) -> Said | None:
        """What was said there last."""
        with self._ports.ledger.begin() as tx:
            return tx.slots.get(self._subject, slot)

    def slots(self, prefix: str) -> list[str]:
        """Names of this subject's slots that begin so."""
        with self._ports.ledger.begin() as tx:
            return [slot for slot in tx.slots.under(self._subject) if slot.startswith(prefix)]

    def record(self, slot: str, said: Said | None) -> None:
        """Remember what a slot holds now; None forgets it."""
        with self._ports.ledger.begin() as tx:
            if said is None:
                tx.slots.drop(self._subject, slot)
            else:
                tx.slots.put(self._subject, slot, said)

    def comment(self, number: int, slot: str, parts: Sequence[str]) -> None:
        """Bring a pull's comment in a slot to these parts, and remove parts it no longer has."""
        for at, body in enumerate(parts, 1):
            self._part(number, slot, at, body)
        for name in self.slots(f"{slot}:"):
            at = int(name.rpartition(":")[2])
            if at > len(parts):
                self._remove(number, slot, at)

    def check(self, slot: str, check: Check) -> int:
        """Bring a check to what it says now; its id."""
        digest = _check_digest(check)
        said = self.said(slot)
        if said is not None and said.id and said.digest == digest:
            return said.id
        written = self._written(check, said if said is not None and said.id else None)
        self.record(slot, Said(written, digest))
        return written

    def deployment(self, slot: str, where: tuple[str, str], status: tuple[ForgeDeploymentState, str, str]) -> None:
        """Bring a forge deployment (of commit and environment) to a state, description and address of what runs there,
        making it if need be."""
        digest = f"{status[0].value} {status[1]}"
        said = self.said(slot)
        if said is not None and said.digest == digest:
            return
        deployments = self._forge.deployments
        if said is not None and deployments.say(said.id, *status):
            self.record(slot, Said(said.id, digest))
            return
        found = deployments.find(*where)
        made = found if found is not None and (said is None or found != said.id) else deployments.create(*where)
        self.record(slot, Said(made, ""))
        deployments.say(made, *status)
        self.record(slot, Said(made, digest))

    def _part(self, number: int, slot: str, at: int, body: str) -> None:
        name, line = f"{slot}:{at}", self._marker(number, slot, at)
        text = marked(line, body)
        digest = _digest(text)
        said = self.said(name)
        if said is not None and said.digest == digest:
            return
        if said is not None and said.id and self._forge.comments.edit(said.id, text):
            self.record(name, Said(said.id, digest))
            return
        if said is None and at > 1:
            self.record(name, BEGUN)
        found = self._find(number, line)
        if found is None or not self._forge.comments.edit(found, text):
            found = self._forge.comments.create(number, text)
        self.record(name, Said(found, digest))

    def _remove(self, number: int, slot: str, at: int) -> None:
        name = f"{slot}:{at}"
        said = self.said(name)
        found = said.id if said is not None and said.id else self._find(number, self._marker(number, slot, at))
        if found:
            self._forge.comments.delete(found)
        self.record(name, None)

    def _find(self, number: int, line: str) -> int | None:
        """Our own comment with that marker: the author is ours, and the marker cannot be guessed."""
        if self._ours is None:
            self._ours = self._forge.comments.ours(number)
        return next((each.id for each in self._ours if has_marker(line, each.body)), None)

    def _marker(self, number: int, slot: str, at: int) -> str:
        return marker(self._ports.fingerprint_key, self._forge.repository, number, slot, at)

    def _written(self, check: Check, said: Said | None) -> int:
        """A check that has ended is not opened again, and annotations cannot be taken back: then a new one is made, and
        the forge shows the newest of a name."""
        checks = self._forge.checks
        if said is not None and not _needs_another(check, said) and checks.update(said.id, check):
            return said.id
        found = checks.find(check.commit, check.name)
        if found is not None and (said is None or found > said.id) and checks.update(found, check):
            return found
        return checks.create(check)


def _needs_another(check: Check, said: Said) -> bool:
    conclusion, annotations, _ = said.digest.split(" ")
    opened_again = check.conclusion is Conclusion.RUNNING and conclusion != Conclusion.RUNNING.value
    return opened_again or annotations not in ("-", _annotations(check))


def _check_digest(check: Check) -> str:
    """Conclusion, annotations and text apart, because a change of each means something else."""
    return f"{check.conclusion.value} {_annotations(check)} {_digest(check.title, check.summary, check.text)}"


def _annotations(check: Check) -> str:
    return _digest(*(repr(each) for each in check.annotations)) if check.annotations else "-"


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode(errors="replace")).hexdigest()[:32]
