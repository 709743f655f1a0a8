"""Tables of the ledger. The engine keeps its own ones next to them, without our prefix or in a schema of its own."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

PREFIX = "plumbline_"
VERSION_TABLE = f"{PREFIX}alembic_version"

metadata = MetaData()

# SQLite numbers rows by itself only where the type is spelled INTEGER.
_RowId = BigInteger().with_variant(Integer(), "sqlite")

deliveries = Table(
    f"{PREFIX}deliveries",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("event", Text),
    Column("received", Float, nullable=False, index=True),
)

repositories = Table(
    f"{PREFIX}repositories",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("body", Text, nullable=False),
    Column("branch", Text, nullable=False),
    Column("tip", String(64), nullable=False),
)

pins = Table(
    f"{PREFIX}pins",
    metadata,
    Column("address", String(500), primary_key=True),
    Column("number", BigInteger, nullable=False),
)

pulls = Table(
    f"{PREFIX}pulls",
    metadata,
    Column("repository", String(100), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("status", String(20), nullable=False, index=True),
    Column("plan_head", String(64)),
    Column("body", Text, nullable=False),
)

# What the plans of open pulls change: who else changes a target is asked by target.
pull_targets = Table(
    f"{PREFIX}pull_targets",
    metadata,
    Column("repository", String(100), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("environment", String(250), primary_key=True),
    Column("app", String(250), primary_key=True),
    Index(f"{PREFIX}pull_targets_target", "repository", "environment", "app"),
)

# Commits that a merge queue made.
candidates = Table(
    f"{PREFIX}candidates",
    metadata,
    Column("repository", String(100), primary_key=True),
    Column("head", String(64), primary_key=True),
    Column("status", String(20), nullable=False, index=True),
    Column("body", Text, nullable=False),
)

# `subject` is a pull's number, or empty for the plan of a commit that came without one.
plans = Table(
    f"{PREFIX}plans",
    metadata,
    Column("repository", String(100), primary_key=True),
    Column("subject", String(20), primary_key=True),
    Column("head", String(64), primary_key=True),
    Column("body", Text, nullable=False),
)

deployments = Table(
    f"{PREFIX}deployments",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("repository", String(100), nullable=False),
    Column("environment", String(250), nullable=False),
    Column("app", String(250), nullable=False),
    Column("commit_id", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("body", Text, nullable=False),
    UniqueConstraint("repository", "environment", "app", "commit_id", "attempt", name=f"{PREFIX}deployments_attempt"),
    UniqueConstraint("repository", "environment", "app", "seq", name=f"{PREFIX}deployments_seq"),
    Index(f"{PREFIX}deployments_commit", "repository", "commit_id"),
)

deployment_pulls = Table(
    f"{PREFIX}deployment_pulls",
    metadata,
    Column("deployment", _RowId, ForeignKey(deployments.c.id), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Index(f"{PREFIX}deployment_pulls_number", "number"),
)

# `object` is the key of the object as JSON: names come from manifests, and JSON has no character a column cannot take.
inventory = Table(
    f"{PREFIX}inventory",
    metadata,
    Column("repository", String(100), primary_key=True),
    Column("environment", String(250), primary_key=True),
    Column("app", String(250), primary_key=True),
    Column("object", String(1500), primary_key=True),
    Column("body", Text, nullable=False),
)

approvals = Table(
    f"{PREFIX}approvals",
    metadata,
    Column("repository", String(100), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("source", BigInteger, primary_key=True, autoincrement=False),
    Column("environment", String(250), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index(f"{PREFIX}approvals_number", "repository", "number"),
)

holds = Table(
    f"{PREFIX}holds",
    metadata,
    Column("repository", String(100), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)

locks = Table(
    f"{PREFIX}locks",
    metadata,
    Column("repository", String(100), primary_key=True),
    Column("place", String(501), primary_key=True),
    Column("body", Text, nullable=False),
)

slots = Table(
    f"{PREFIX}slots",
    metadata,
    Column("subject", String(200), primary_key=True),
    Column("slot", String(600), primary_key=True),
    Column("id", BigInteger, nullable=False),
    Column("digest", String(200), nullable=False),
)

# What is replied to commands, under the pull's key.
answers = Table(
    f"{PREFIX}answers",
    metadata,
    Column("subject", String(200), primary_key=True),
    Column("command", String(200), primary_key=True),
    Column("text", Text, nullable=False),
    Column("refused", Boolean, nullable=False),
)

# What a dry-run showed to be as Git has it: keyed hashes and when, nothing else.
verified = Table(
    f"{PREFIX}verified",
    metadata,
    Column("repository", String(100), primary_key=True),
    Column("environment", String(250), primary_key=True),
    Column("app", String(250), primary_key=True),
    Column("hash", String(64), primary_key=True),
    Column("at", Float, nullable=False),
)

# A job that waits to start. The row goes when its run begins; `run` is the engine's workflow id.
due = Table(
    f"{PREFIX}due",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("key", String(700), primary_key=True),
    Column("queue", String(20), nullable=False),
    Column("due_at", Float, nullable=False),
    Column("run", String(900), nullable=False),
    Column("tries", Integer, nullable=False),
)

# When a job's newest run began, for the queues that space their runs.
began = Table(
    f"{PREFIX}began",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("key", String(700), primary_key=True),
    Column("at", Float, nullable=False),
)

# Runs that an earlier one replaced: when their time comes they do nothing.
replaced = Table(
    f"{PREFIX}replaced",
    metadata,
    Column("run", String(900), primary_key=True),
    Column("at", Float, nullable=False),
)

# How often a run was resumed after the worker that held it died.
resumes = Table(
    f"{PREFIX}resumes",
    metadata,
    Column("run", String(900), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("at", Float, nullable=False),
)

workers = Table(
    f"{PREFIX}workers",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("beat", Float, nullable=False),
)

leases = Table(
    f"{PREFIX}leases",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("holder", String(200), nullable=False),
    Column("until", Float, nullable=False),
)

# One chain (`bot/domain/audit.py`). `body` is what is sealed; the columns before it are there to be searched.
audit = Table(
    f"{PREFIX}audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("repository", String(100), nullable=False),
    Column("target", String(501), nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

# One row: the newest entry's number and hash. Who writes entries holds it until the transaction ends.
audit_end = Table(
    f"{PREFIX}audit_end",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
)
