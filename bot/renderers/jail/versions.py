"""Asks an installed program for its version, with nothing of ours in its environment. Used by `plumbline doctor`."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

SECONDS = 10.0


def version_of(program: Path, words: Sequence[str]) -> str:
    """The first line that the program prints for these words; empty when it cannot say."""
    try:
        done = subprocess.run(
            [str(program), *words], capture_output=True, text=True, errors="replace", env={"HOME": "/"}, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = done.stdout.strip().splitlines()
    return lines[0][:100] if done.returncode == 0 and lines else ""
