"""What is wrong with an expression: in its text, or in what it met."""


class ExpressionError(Exception):
    """The text is no expression that can be run. `column` counts characters from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"{message} (at character {column})")
        self.message = message
        self.column = column


class EvaluationError(Exception):
    """There is no answer for these values: a field is missing, or types do not go together. `&&` and `||` absorb it."""


class TooMuchWork(EvaluationError):
    """The budget of steps is used up. Nothing absorbs it."""
