-- What the store itself keeps: wrapped keys, queued work. And who may do what: the program logs in
-- as one database user that is a member of these roles and takes one of them for each transaction.
DO $$
DECLARE r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['eseal_owner', 'eseal_service', 'eseal_sequencer', 'eseal_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', r);
        END IF;
        IF NOT pg_has_role(current_user, r, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', r, current_user);
        END IF;
    END LOOP;
END $$;

CREATE TABLE store_key (
    purpose BIGINT NOT NULL,
    version BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (purpose, version)
);

CREATE TABLE store_queue (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic TEXT NOT NULL,
    body BYTEA NOT NULL,
    due_ms BIGINT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    why TEXT
);
CREATE INDEX store_queue_due ON store_queue (topic, due_ms, id);

GRANT SELECT ON store_key TO eseal_service, eseal_sequencer, eseal_auditor;
GRANT SELECT, INSERT, UPDATE, DELETE ON store_queue TO eseal_service, eseal_sequencer;
