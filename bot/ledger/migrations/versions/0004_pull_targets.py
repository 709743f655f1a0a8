"""Which targets the plans of open pulls change."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plumbline_pull_targets",
        sa.Column("repository", sa.String(length=100), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("environment", sa.String(length=250), nullable=False),
        sa.Column("app", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("repository", "number", "environment", "app"),
    )
    op.create_index(
        "plumbline_pull_targets_target", "plumbline_pull_targets", ["repository", "environment", "app"], unique=False
    )


def downgrade() -> None:
    op.drop_index("plumbline_pull_targets_target", table_name="plumbline_pull_targets")
    op.drop_table("plumbline_pull_targets")
