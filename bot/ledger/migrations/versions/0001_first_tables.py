"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plumbline_began",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("key", sa.String(length=700), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "key"),
    )
    op.create_table(
        "plumbline_deliveries",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=True),
        sa.Column("received", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_plumbline_deliveries_received", "plumbline_deliveries", ["received"], unique=False)
    op.create_table(
        "plumbline_deployments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("repository", sa.String(length=100), nullable=False),
        sa.Column("environment", sa.String(length=250), nullable=False),
        sa.Column("app", sa.String(length=250), nullable=False),
        sa.Column("commit_id", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "repository", "environment", "app", "commit_id", "attempt", name="plumbline_deployments_attempt"
        ),
        sa.UniqueConstraint("repository", "environment", "app", "seq", name="plumbline_deployments_seq"),
    )
    op.create_index("ix_plumbline_deployments_state", "plumbline_deployments", ["state"], unique=False)
    op.create_index("plumbline_deployments_commit", "plumbline_deployments", ["repository", "commit_id"], unique=False)
    op.create_table(
        "plumbline_due",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("key", sa.String(length=700), nullable=False),
        sa.Column("queue", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("run", sa.String(length=900), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "key"),
    )
    op.create_table(
        "plumbline_inventory",
        sa.Column("repository", sa.String(length=100), nullable=False),
        sa.Column("environment", sa.String(length=250), nullable=False),
        sa.Column("app", sa.String(length=250), nullable=False),
        sa.Column("object", sa.String(length=1500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "environment", "app", "object"),
    )
    op.create_table(
        "plumbline_leases",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "plumbline_pins",
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address"),
    )
    op.create_table(
        "plumbline_plans",
        sa.Column("repository", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "subject", "head"),
    )
    op.create_table(
        "plumbline_pulls",
        sa.Column("repository", sa.String(length=100), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("plan_head", sa.String(length=64), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "number"),
    )
    op.create_index("ix_plumbline_pulls_status", "plumbline_pulls", ["status"], unique=False)
    op.create_table(
        "plumbline_replaced",
        sa.Column("run", sa.String(length=900), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_table(
        "plumbline_repositories",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("tip", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "plumbline_resumes",
        sa.Column("run", sa.String(length=900), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_table(
        "plumbline_slots",
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("slot", sa.String(length=600), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("subject", "slot"),
    )
    op.create_table(
        "plumbline_workers",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("beat", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "plumbline_deployment_pulls",
        sa.Column("deployment", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment"],
            ["plumbline_deployments.id"],
        ),
        sa.PrimaryKeyConstraint("deployment", "number"),
    )
    op.create_index("plumbline_deployment_pulls_number", "plumbline_deployment_pulls", ["number"], unique=False)
