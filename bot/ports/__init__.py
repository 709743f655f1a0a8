"""Everything the inner rooms may ask for, one protocol per file."""
