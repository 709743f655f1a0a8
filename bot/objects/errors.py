"""What is wrong with a manifest or config file, and where: the one error that reading raises."""


class ManifestError(Exception):
    """A file that cannot be used. `message` says what is wrong and what to do; it quotes keys, never values.

    `file` is the path as the reader was told it, `line` counts from 1 and is 0 when no line is known.
    """

    def __init__(self, message: str, file: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}" if place else self.message
