-- The tamper-evident logs (audit-log.md 6.4). log_id is 10 * epoch + 1 (audit) or + 2 (status).
-- Tiles, map, search columns and log_writer can be made again from log_leaf; the rest cannot.
CREATE TABLE log_head (
    log_id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE,
    epoch INTEGER NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    last_hash BLOB NOT NULL,
    last_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'frozen', 'closed')),
    why TEXT
) STRICT;

-- salt_ct and detail_ct are closed under K_detail with the entry_id as their row.
CREATE TABLE log_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    log_id INTEGER NOT NULL,
    entry_id BLOB NOT NULL UNIQUE,
    body BLOB NOT NULL,
    salt_ct BLOB,
    detail_ct BLOB,
    mac BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;

-- Columns behind leaf_hash repeat bytes of the leaf for searching. For status events event_type
-- is the status, object_id the map key in hex, event_ms effective_ms; entry_id and subject are
-- null where the leaf has none.
CREATE TABLE log_leaf (
    log_id INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    leaf BLOB NOT NULL,
    leaf_hash BLOB NOT NULL,
    event_type INTEGER NOT NULL,
    actor TEXT NOT NULL,
    object_id TEXT NOT NULL,
    event_ms INTEGER NOT NULL,
    entry_id BLOB,
    subject BLOB,
    PRIMARY KEY (log_id, idx)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX log_leaf_entry ON log_leaf (entry_id) WHERE entry_id IS NOT NULL;
CREATE INDEX log_leaf_subject ON log_leaf (subject, log_id, idx) WHERE subject IS NOT NULL;
CREATE INDEX log_leaf_object ON log_leaf (object_id, log_id, idx) WHERE object_id <> '';

CREATE TABLE log_tile (
    log_id INTEGER NOT NULL,
    level INTEGER NOT NULL,
    n INTEGER NOT NULL,
    width INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (log_id, level, n)
) STRICT;

CREATE TABLE log_detail (
    log_id INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    entry_id BLOB NOT NULL,
    salt_ct BLOB NOT NULL,
    detail_ct BLOB NOT NULL,
    PRIMARY KEY (log_id, idx)
) STRICT;

CREATE TABLE log_checkpoint (
    log_id INTEGER NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (log_id, size)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_cosign (
    log_id INTEGER NOT NULL,
    size INTEGER NOT NULL,
    witness TEXT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (log_id, size, witness)
) STRICT, WITHOUT ROWID;

-- label names the writer's place (process and lane); writer_id is one start of it.
CREATE TABLE log_writer (
    log_id INTEGER NOT NULL,
    writer_id INTEGER NOT NULL,
    label TEXT NOT NULL,
    started_idx INTEGER NOT NULL,
    stopped_idx INTEGER,
    last_seq INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    PRIMARY KEY (log_id, writer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX log_writer_label ON log_writer (log_id, label, started_idx);

CREATE TABLE map_node (
    log_id INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    path BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (log_id, depth, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE map_item (
    log_id INTEGER NOT NULL,
    key BLOB NOT NULL,
    count INTEGER NOT NULL,
    status INTEGER NOT NULL,
    effective_ms INTEGER NOT NULL,
    last_hash BLOB NOT NULL,
    PRIMARY KEY (log_id, key)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER log_leaf_no_update BEFORE UPDATE ON log_leaf
BEGIN SELECT RAISE(ABORT, 'forbidden: a leaf is never changed'); END;
CREATE TRIGGER log_leaf_no_delete BEFORE DELETE ON log_leaf
BEGIN SELECT RAISE(ABORT, 'forbidden: a leaf is never deleted'); END;
CREATE TRIGGER log_checkpoint_no_update BEFORE UPDATE ON log_checkpoint
BEGIN SELECT RAISE(ABORT, 'forbidden: a checkpoint is never changed'); END;
CREATE TRIGGER log_checkpoint_no_delete BEFORE DELETE ON log_checkpoint
BEGIN SELECT RAISE(ABORT, 'forbidden: a checkpoint is never deleted'); END;
CREATE TRIGGER log_cosign_no_update BEFORE UPDATE ON log_cosign
BEGIN SELECT RAISE(ABORT, 'forbidden: a witness line is never changed'); END;
CREATE TRIGGER log_cosign_no_delete BEFORE DELETE ON log_cosign
BEGIN SELECT RAISE(ABORT, 'forbidden: a witness line is never deleted'); END;
