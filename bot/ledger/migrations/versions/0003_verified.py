"""What plans have verified."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plumbline_verified",
        sa.Column("repository", sa.String(length=100), nullable=False),
        sa.Column("environment", sa.String(length=250), nullable=False),
        sa.Column("app", sa.String(length=250), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "environment", "app", "hash"),
    )
