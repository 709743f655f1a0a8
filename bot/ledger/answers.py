"""What is answered to commands."""

import sqlalchemy as sa

from bot.ledger.database import add
from bot.ledger.tables import answers
from bot.ports.answers import Answer


class SqlAnswers:
    """Implements `bot.ports.answers.Answers`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, subject: str, command: str) -> Answer | None:
        where = (answers.c.subject == subject, answers.c.command == command)
        row = self._connection.execute(sa.select(answers.c.text, answers.c.refused).where(*where)).one_or_none()
        return Answer(row.text, row.refused) if row is not None else None

    def keep(self, subject: str, command: str, answer: Answer) -> bool:
        row = {"subject": subject, "command": command, "text": answer.text, "refused": answer.refused}
        return add(self._connection, answers, row)
