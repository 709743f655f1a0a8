"""One look at a deployment: all that can be done now, a file per state. Returns nothing but facts in the ledger.

A look may be repeated at any time and after any crash: every state is re-read, every write is idempotent, and every
change of state queues the next look in its own transaction (DESIGN §7).
"""
