-- What the store itself keeps: wrapped keys, queued work. And who may do what: the program logs in
-- as one database user that is a member of these roles and takes one of them for each transaction.
-- Everything belongs to eseal_owner. The user needs CREATEROLE and the schema public only here;
-- an administrator who makes the roles beforehand and grants them to it may withhold both.
DO $$
DECLARE r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['eseal_owner', 'eseal_service', 'eseal_sequencer', 'eseal_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', r);
            EXECUTE format('GRANT %I TO %I', r, session_user);
        ELSIF NOT pg_has_role(session_user, r, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', r, session_user);
        END IF;
    END LOOP;
    IF NOT has_schema_privilege('eseal_owner', 'public', 'CREATE') THEN
        GRANT USAGE, CREATE ON SCHEMA public TO eseal_owner;
    END IF;
    IF to_regclass('public.schema_migration') IS NOT NULL THEN
        ALTER TABLE public.schema_migration OWNER TO eseal_owner;
    END IF;
END $$;
SET LOCAL ROLE eseal_owner;
DO $$
BEGIN
    IF to_regclass('public.schema_migration') IS NOT NULL THEN
        GRANT SELECT ON public.schema_migration TO eseal_service, eseal_sequencer, eseal_auditor;
    END IF;
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
