/*
 * Backup by pg_dump and restore by pg_restore, run without a shell. What is written holds tables,
 * rights and content, but neither roles nor passwords; restoring makes the roles where they are
 * absent, and everything belongs to eseal_owner as after the migrations.
 */
#include "postgres/pg.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 10

struct tool {
    const char *name;
    const char *args[ARGS_MAX]; /* behind the name; NULL ends them */
    int in, out;
};

/** The server's own version where Debian keeps it, else whatever the PATH has. */
static int spawn(pid_t *pid, const struct tool *tool, int major,
                 const posix_spawn_file_actions_t *actions)
{
    union { /* execve changes none of them */
        const char *in[ARGS_MAX + 2];
        char *out[ARGS_MAX + 2];
    } argv = {.in = {tool->name}};
    char path[128];

    for (size_t i = 0; i < ARGS_MAX && tool->args[i] != NULL; i++)
        argv.in[i + 1] = tool->args[i];
    (void) snprintf(path, sizeof path, "/usr/lib/postgresql/%d/bin/%s", major, tool->name);
    if (access(path, X_OK) == 0)
        return posix_spawn(pid, path, actions, NULL, argv.out, environ);
    return posix_spawnp(pid, tool->name, actions, NULL, argv.out, environ);
}

static es_status wait_for(pid_t pid, const char *name, int said_fd, struct es_error *err)
{
    char said[240] = "";
    int result = 0;
    pid_t got;

    do
        got = waitpid(pid, &result, 0);
    while (got < 0 && errno == EINTR);
    if (got == pid && WIFEXITED(result) && WEXITSTATUS(result) == 0)
        return ES_OK;
    if (pread(said_fd, said, sizeof said - 1, 0) > 0)
        said[strcspn(said, "\n")] = '\0';
    return es_error_set(err, ES_E_WRITE, "%s failed: %s", name, said[0] != '\0' ? said : "killed");
}

static es_status run_tool(const struct tool *tool, int major, struct es_error *err)
{
    posix_spawn_file_actions_t actions;
    int said_fd = memfd_create("said", MFD_CLOEXEC), failed;
    pid_t pid = 0;
    es_status status;

    ES_ENSURE(said_fd >= 0, err, ES_E_NOMEM, "out of memory");
    failed = posix_spawn_file_actions_init(&actions);
    if (failed == 0) {
        failed = posix_spawn_file_actions_adddup2(&actions, tool->in, 0) |
                 posix_spawn_file_actions_adddup2(&actions, tool->out, 1) |
                 posix_spawn_file_actions_adddup2(&actions, said_fd, 2);
        failed = failed != 0 ? ENOMEM : spawn(&pid, tool, major, &actions);
        (void) posix_spawn_file_actions_destroy(&actions);
    }
    if (failed == ENOENT)
        status = es_error_set(err, ES_E_CONFIG, "%s of PostgreSQL %d is not installed", tool->name,
                              major);
    else if (failed != 0)
        status = es_error_set(err, ES_E_NOMEM, "%s cannot be started", tool->name);
    else
        status = wait_for(pid, tool->name, said_fd, err);
    (void) close(said_fd);
    return status;
}

static es_status dump_into(const char *url, int major, int out, struct es_error *err)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const struct tool tool = {
        .name = "pg_dump",
        .args = {"--format=custom", "--role=eseal_owner", "--no-password", "--dbname", url},
        .in = null,
        .out = out};
    es_status status;

    ES_ENSURE(null >= 0, err, ES_E_IO, "/dev/null cannot be opened");
    status = run_tool(&tool, major, err);
    (void) close(null);
    return status;
}

/** The server's version by a connection of its own; what is there may be looked at by look. */
static es_status ask_server(const struct pg_target *target, int *major,
                            es_status (*look)(struct pg_conn *conn, struct es_error *err),
                            struct es_error *err)
{
    struct pg_conn conn = {.target = target};
    es_status status;

    ES_TRY(pg_conn_open(&conn, err));
    *major = PQserverVersion(conn.pq) / 10000;
    status = look != NULL ? look(&conn, err) : ES_OK;
    pg_conn_close(&conn);
    return status;
}

es_status pg_backup(void *self, const char *path, struct es_error *err)
{
    struct pg_store *s = self;
    ES_AUTO(es_outfile) out = {.fd = -1};
    int major = 0;

    ES_TRY(ask_server(&s->target, &major, NULL, err));
    ES_TRY(es_outfile_open(&out, path, 0600, false, err));
    ES_TRY(dump_into(s->target.url, major, out.fd, err));
    return es_outfile_commit(&out, err);
}

static es_status command(struct pg_conn *conn, const char *sql, struct es_error *err)
{
    PGresult *result = PQexec(conn->pq, sql);
    es_status status = ES_OK;

    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        status = pg_fail(conn->pq, result, err);
    PQclear(result);
    return status;
}

static es_status ensure_empty(struct pg_conn *conn, struct es_error *err)
{
    PGresult *result = PQexec(conn->pq, "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON "
                                        "n.oid = c.relnamespace WHERE n.nspname = 'public'");
    es_status status = ES_OK;

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        status = pg_fail(conn->pq, result, err);
    else if (strcmp(PQgetvalue(result, 0, 0), "0") != 0)
        status = es_error_set(err, ES_E_EXISTS, "the database to restore into is not empty");
    PQclear(result);
    return status;
}

/* The head of the first migration: roles are not part of a dump, and the owner must be able to
 * make tables before the dump's own grants are read. */
static es_status prepare(struct pg_conn *conn, struct es_error *err)
{
    static const char roles[] =
        "DO $$ DECLARE r text; BEGIN "
        "FOREACH r IN ARRAY "
        "ARRAY['eseal_owner', 'eseal_service', 'eseal_sequencer', 'eseal_auditor'] LOOP "
        "IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN "
        "EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', r); "
        "EXECUTE format('GRANT %I TO %I', r, session_user); "
        "ELSIF NOT pg_has_role(session_user, r, 'MEMBER') THEN "
        "EXECUTE format('GRANT %I TO %I', r, session_user); END IF; END LOOP; "
        "IF NOT has_schema_privilege('eseal_owner', 'public', 'CREATE') THEN "
        "GRANT USAGE, CREATE ON SCHEMA public TO eseal_owner; END IF; "
        "IF NOT has_schema_privilege('eseal_owner', 'public', 'CREATE') THEN "
        "RAISE EXCEPTION 'eseal_owner may not make tables in schema public' "
        "USING ERRCODE = 'insufficient_privilege'; END IF; END $$";

    ES_TRY(ensure_empty(conn, err));
    return command(conn, roles, err);
}

static es_status restore_from(const struct pg_target *target, int in, struct es_error *err)
{
    int major = 0, null;
    struct tool tool = {.name = "pg_restore",
                        .args = {"--single-transaction", "--exit-on-error", "--no-owner",
                                 "--role=eseal_owner", "--no-password", "--dbname", target->url},
                        .in = in};
    es_status status;

    ES_TRY(ask_server(target, &major, prepare, err));
    null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    ES_ENSURE(null >= 0, err, ES_E_IO, "/dev/null cannot be opened");
    tool.out = null;
    status = run_tool(&tool, major, err);
    (void) close(null);
    return status;
}

es_status pg_restore(const char *url, const char *path, struct es_error *err)
{
    struct pg_target target;
    ES_AUTO(es_source) file = {.fd = -1};
    es_status status;

    ES_TRY(es_source_open(&file, path, 0, err));
    ES_TRY(pg_target_init(&target, url, 30000, err));
    status = restore_from(&target, file.fd, err);
    pg_target_clear(&target);
    return status;
}
