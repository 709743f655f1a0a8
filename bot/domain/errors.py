"""The three kinds of failure a reaction may end in: a person's mistake, a wait, and (anything else) our own bug."""

from collections.abc import Sequence


class UserMistake(Exception):
    """Something a person can mend. It is said to them and never retried."""

    def __init__(self, message: str, remedy: str = "", *, file: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.file = file
        self.line = line

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        return f"{place}{self.message}" + (f" ({self.remedy})" if self.remedy else "")


class Unavailable(UserMistake):
    """Something that a person's file names could not be had. It may be there the next time, so it is not remembered."""


class TryLater(Exception):
    """Something outside is not ready. The same job runs again after that many seconds; nobody is told."""

    def __init__(self, why: str, after: float = 10.0) -> None:
        super().__init__(why)
        self.why = why
        self.after = after


class UserMistakes(UserMistake):
    """Everything that is wrong with one file, so that it is mended in one go. At least one mistake, in file order."""

    SHOWN = 20

    def __init__(self, mistakes: Sequence[UserMistake]) -> None:
        first = mistakes[0]
        super().__init__(first.message, first.remedy, file=first.file, line=first.line)
        self.mistakes = tuple(mistakes)

    def __str__(self) -> str:
        shown = [str(mistake) for mistake in self.mistakes[: self.SHOWN]]
        more = len(self.mistakes) - len(shown)
        return "\n".join([*shown, f"and {more} more"] if more else shown)
