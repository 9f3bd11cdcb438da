"""On PostgreSQL an audit record is chained by the COMMIT itself: no trip to the hub is made while the chain is held.

A transaction writes what it has to say into `audit.said`; a deferred trigger takes the chain's lock when everything
else is done, chains, and takes the row out again. So the row never outlives its transaction, and needs no log of its
own. `audit_append` stays for hubs of the version before.
"""

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

# INFO reaches the client whatever its settings: it learns its record's number and hash without another trip.
_STATEMENTS = (
    "CREATE SCHEMA audit",
    """
    CREATE UNLOGGED TABLE audit.said AS SELECT
        gen_random_uuid() AS id, ''::text AS said, at, actor_kind, actor_id, organisation_id, action, target_kind,
        target_id, reason, outcome, changes, trace_id
    FROM audit_records WITH NO DATA
    """,
    "ALTER TABLE audit.said ADD PRIMARY KEY (id)",
    """
    CREATE FUNCTION audit.seal() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE before text; made_seq bigint; made_hash text;
    BEGIN
        PERFORM pg_advisory_xact_lock(8534159065997468777);
        SELECT r.seq, r.hash INTO made_seq, before FROM audit_records r ORDER BY r.seq DESC LIMIT 1;
        made_seq := coalesce(made_seq, 0) + 1;
        before := coalesce(before, repeat('0', 64));
        made_hash := encode(
            sha256(decode(before, 'hex') || convert_to(made_seq || E'\\n' || NEW.said, 'UTF8')), 'hex'
        );
        INSERT INTO audit_records VALUES (
            made_seq, NEW.at, NEW.actor_kind, NEW.actor_id, NEW.organisation_id, NEW.action, NEW.target_kind,
            NEW.target_id, NEW.reason, NEW.outcome, NEW.changes, NEW.trace_id, made_hash
        );
        DELETE FROM audit.said WHERE id = NEW.id;
        RAISE INFO 'audited % % %', NEW.id, made_seq, made_hash;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER seal AFTER INSERT ON audit.said DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION audit.seal()
    """,
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in _STATEMENTS:
            op.execute(statement)
