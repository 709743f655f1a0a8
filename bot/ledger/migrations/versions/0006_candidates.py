"""Merge queues' candidates."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plumbline_candidates",
        sa.Column("repository", sa.String(length=100), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "head"),
    )
    op.create_index("ix_plumbline_candidates_status", "plumbline_candidates", ["status"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_plumbline_candidates_status", table_name="plumbline_candidates")
    op.drop_table("plumbline_candidates")
