"""Approvals, holds and locks."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plumbline_approvals",
        sa.Column("repository", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("environment", sa.String(length=250), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "kind", "source", "environment"),
    )
    op.create_index("plumbline_approvals_number", "plumbline_approvals", ["repository", "number"], unique=False)
    op.create_table(
        "plumbline_holds",
        sa.Column("repository", sa.String(length=100), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "number"),
    )
    op.create_table(
        "plumbline_locks",
        sa.Column("repository", sa.String(length=100), nullable=False),
        sa.Column("place", sa.String(length=501), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "place"),
    )
