-- The tamper-evident logs (audit-log.md 6.4). log_id is 10 * epoch + 1 (audit) or + 2 (status).
-- Tiles, map, search columns and log_writer can be made again from log_leaf; the rest cannot.
CREATE TABLE log_head (
    log_id BIGINT PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE,
    epoch BIGINT NOT NULL,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    last_hash BYTEA NOT NULL,
    last_ms BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'frozen', 'closed')),
    why TEXT
);

-- salt_ct and detail_ct are closed under K_detail with the entry_id as their row.
CREATE TABLE log_outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    log_id BIGINT NOT NULL,
    entry_id BYTEA NOT NULL UNIQUE,
    body BYTEA NOT NULL,
    salt_ct BYTEA,
    detail_ct BYTEA,
    mac BYTEA NOT NULL,
    created_ms BIGINT NOT NULL
);

-- Columns behind leaf_hash repeat bytes of the leaf for searching. For status events event_type
-- is the status, object_id the map key in hex, event_ms effective_ms; entry_id and subject are
-- null where the leaf has none.
CREATE TABLE log_leaf (
    log_id BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    leaf BYTEA NOT NULL,
    leaf_hash BYTEA NOT NULL,
    event_type BIGINT NOT NULL,
    actor TEXT NOT NULL,
    object_id TEXT NOT NULL,
    event_ms BIGINT NOT NULL,
    entry_id BYTEA,
    subject BYTEA,
    PRIMARY KEY (log_id, idx)
);
CREATE UNIQUE INDEX log_leaf_entry ON log_leaf (entry_id) WHERE entry_id IS NOT NULL;
CREATE INDEX log_leaf_subject ON log_leaf (subject, log_id, idx) WHERE subject IS NOT NULL;
CREATE INDEX log_leaf_object ON log_leaf (object_id, log_id, idx) WHERE object_id <> '';

CREATE TABLE log_tile (
    log_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    n BIGINT NOT NULL,
    width BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (log_id, level, n)
);

CREATE TABLE log_detail (
    log_id BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    entry_id BYTEA NOT NULL,
    salt_ct BYTEA NOT NULL,
    detail_ct BYTEA NOT NULL,
    PRIMARY KEY (log_id, idx)
);

CREATE TABLE log_checkpoint (
    log_id BIGINT NOT NULL,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    note TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (log_id, size)
);

CREATE TABLE log_cosign (
    log_id BIGINT NOT NULL,
    size BIGINT NOT NULL,
    witness TEXT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (log_id, size, witness)
);

-- label names the writer's place (process and lane); writer_id is one start of it.
CREATE TABLE log_writer (
    log_id BIGINT NOT NULL,
    writer_id BIGINT NOT NULL,
    label TEXT NOT NULL,
    started_idx BIGINT NOT NULL,
    stopped_idx BIGINT,
    last_seq BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    PRIMARY KEY (log_id, writer_id)
);
CREATE INDEX log_writer_label ON log_writer (log_id, label, started_idx);

CREATE TABLE map_node (
    log_id BIGINT NOT NULL,
    depth BIGINT NOT NULL,
    path BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (log_id, depth, path)
);

CREATE TABLE map_item (
    log_id BIGINT NOT NULL,
    key BYTEA NOT NULL,
    count BIGINT NOT NULL,
    status BIGINT NOT NULL,
    effective_ms BIGINT NOT NULL,
    last_hash BYTEA NOT NULL,
    PRIMARY KEY (log_id, key)
);

CREATE FUNCTION log_forbid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'forbidden: % on % is never done', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER log_leaf_forbid BEFORE UPDATE OR DELETE ON log_leaf
    FOR EACH ROW EXECUTE FUNCTION log_forbid();
CREATE TRIGGER log_leaf_forbid_truncate BEFORE TRUNCATE ON log_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION log_forbid();
CREATE TRIGGER log_checkpoint_forbid BEFORE UPDATE OR DELETE ON log_checkpoint
    FOR EACH ROW EXECUTE FUNCTION log_forbid();
CREATE TRIGGER log_checkpoint_forbid_truncate BEFORE TRUNCATE ON log_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION log_forbid();
CREATE TRIGGER log_cosign_forbid BEFORE UPDATE OR DELETE ON log_cosign
    FOR EACH ROW EXECUTE FUNCTION log_forbid();
CREATE TRIGGER log_cosign_forbid_truncate BEFORE TRUNCATE ON log_cosign
    FOR EACH STATEMENT EXECUTE FUNCTION log_forbid();

-- The service only brings entries and reads; only the sequencer appends; the auditor reads all
-- but the work in hand. Deleting is possible for details alone.
GRANT SELECT ON log_head, log_outbox, log_leaf, log_tile, log_checkpoint, log_cosign, log_writer,
    map_node, map_item TO eseal_service, eseal_sequencer;
GRANT SELECT, DELETE ON log_detail TO eseal_service;
GRANT INSERT ON log_outbox, log_cosign TO eseal_service;
GRANT INSERT, UPDATE ON log_head TO eseal_sequencer;
GRANT DELETE ON log_outbox TO eseal_sequencer;
GRANT INSERT ON log_outbox, log_leaf, log_checkpoint, log_cosign TO eseal_sequencer;
GRANT SELECT, INSERT ON log_detail TO eseal_sequencer;
GRANT SELECT, INSERT, UPDATE, DELETE ON log_tile, log_writer, map_node, map_item TO eseal_sequencer;
GRANT SELECT ON log_head, log_leaf, log_tile, log_detail, log_checkpoint, log_cosign, log_writer,
    map_node, map_item TO eseal_auditor;
