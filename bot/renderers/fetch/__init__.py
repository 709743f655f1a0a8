"""Fetches the charts that a Chart.lock names, before the jail is entered and only from hosts that the operator allows.

`lock` says what is missing, `web` talks to public addresses of allowed hosts, `sources` finds an archive in a chart
repository or an OCI registry, and `store` keeps archives by their content.
"""
