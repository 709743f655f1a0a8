"""Runs code over hostile files: no network, no credentials, nothing of the machine to see, bounded in every way."""
