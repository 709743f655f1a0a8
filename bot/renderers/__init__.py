"""Folders → objects. `jailed.py` is the door; `plain.py` and `kustomize.py` run inside the jail and import little."""
