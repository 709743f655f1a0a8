"""One API server: gateway, discovery, reads, dry-runs, writes, inventories, and the guard around who plans.

One file sends DELETE (`delete.py`). Traffic goes through the `kubernetes` package's own HTTP client with bodies that
are already text: its typed models and dynamic client cost three times the CPU per call and change what they
read (measured).
"""
