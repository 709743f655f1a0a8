"""Folders → objects. `jailed.py` is the door; every renderer's own file runs inside the jail and imports little."""
