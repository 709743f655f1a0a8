"""Says on the forge what the ledger knows: comments, checks and forge deployments. Nothing else writes them.

Runs after every change worth telling. Whatever was said last is remembered by its digest, so saying it again writes
nothing, and every outside write is recorded before the next one.
"""

from handlers.say.candidate import say_candidate
from handlers.say.commit import say_commit
from handlers.say.pull import check_asked_again, reply, say_pull

__all__ = ["check_asked_again", "reply", "say_candidate", "say_commit", "say_pull"]
