"""The database: tables, one query file per aggregate, migrations, and the queue that lives next to them.

Rows are the keys we ask by, plus the dataclass itself as JSON (`codec.py`): what is asked is visible in `tables.py`,
and a new field of the domain needs no migration.
"""
