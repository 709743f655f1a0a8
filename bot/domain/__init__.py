"""Pulls, events, slash commands, config, plans and deployments as data and pure decisions."""
