-- What the store itself keeps: wrapped keys, queued work.
CREATE TABLE store_key (
    purpose INTEGER NOT NULL,
    version INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (purpose, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE store_queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    body BLOB NOT NULL,
    due_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    why TEXT
) STRICT;
CREATE INDEX store_queue_due ON store_queue (topic, due_ms, id);
