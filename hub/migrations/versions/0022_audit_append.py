"""On PostgreSQL the database itself chains a record: one trip under the chain's lock, where there were three."""

from alembic import op

revision = "0022"
down_revision = "0060"
branch_labels = None
depends_on = None

# Each statement of a plpgsql function sees what was committed when it begins (READ COMMITTED): the last record is
# looked up after the lock was waited for. The bytes are those of hub/kernel/chain.py.
_APPEND = """
CREATE FUNCTION audit_append(
    said text, given_at timestamptz, actor_kind text, actor_id uuid, organisation_id uuid, action text,
    target_kind text, target_id text, reason text, outcome text, changes text, trace_id text,
    OUT made_seq bigint, OUT made_hash text
) LANGUAGE plpgsql AS $$
DECLARE before text;
BEGIN
    PERFORM pg_advisory_xact_lock(8534159065997468777);
    SELECT r.seq, r.hash INTO made_seq, before FROM audit_records r ORDER BY r.seq DESC LIMIT 1;
    made_seq := coalesce(made_seq, 0) + 1;
    before := coalesce(before, repeat('0', 64));
    made_hash := encode(sha256(decode(before, 'hex') || convert_to(made_seq || E'\\n' || said, 'UTF8')), 'hex');
    INSERT INTO audit_records VALUES (
        made_seq, given_at, actor_kind, actor_id, organisation_id, action, target_kind, target_id, reason, outcome,
        changes, trace_id, made_hash
    );
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_APPEND)
