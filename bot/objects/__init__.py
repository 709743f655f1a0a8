"""Kubernetes objects as plain data: reading, naming, comparing, ordering, judging and redacting them, without I/O."""
