"""GitHub as a GitHub App: `door` reads webhooks, `github` opens a client per job, the other files are one port each."""
