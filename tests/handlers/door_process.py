"""One door as a process of its own, for tests that kill it. Arguments: database URL, port."""

import sys

from bot.forges.github.door import GitHubDoor
from bot.ledger.ledger import open_ledger
from bot.web.door import door
from bot.web.server import serve
from tests.handlers.webhooks import SECRET

if __name__ == "__main__":
    ledger = open_ledger(sys.argv[1])
    serve(door({"github": GitHubDoor([SECRET], 1)}, ledger, ledger.ready), "127.0.0.1", int(sys.argv[2]))
    print("door closed")
