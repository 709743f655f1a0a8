"""Runs code over hostile files in bubblewrap: no network, no credentials, nothing writable, bounded in every way."""
