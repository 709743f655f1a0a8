"""What the bot is: decisions in the inner rooms, adapters at the edge. `handlers/` is what it does when it is told.

    objects/     Kubernetes objects as plain data, pure
    domain/      pulls, events, commands, config, plans, deployments, errors, pure
    ports/       what the inner rooms may ask for, one protocol per file
    planning/    make a plan: touched, render, observe, compare
    delivery/    one look at a deployment, a file per state
    forges/      one folder per forge, one client file per port
    renderers/   plain, kustomize, helm and jsonnet, in a jail
    cluster/     gateway to one API server
    ledger/      tables, queries, migrations, queue
    workspace/   git mirrors and worktrees
    comments/    every sentence the bot says
    web/         the door, badges and metrics
    worker.py    job → reaction
    wiring.py    the only file that knows every adapter
    settings.py  the operator's config, read once
    log.py       structured logs

Imports only go down: web : worker → wiring → forges | renderers | cluster | ledger | workspace | comments → settings →
delivery → planning → ports → log → domain → objects. Import-linter holds the walls.
"""
