/* Whom to believe, from options and environment. */
#include "trust.h"

#include <unistd.h>

#include "es_log_proof.h"

static const char *trust_folder(const struct cli *cli, struct es_buf *path)
{
    const char *folder = cli_get(cli, "trust");
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");

    if (folder == NULL)
        folder = getenv("ESEAL_TRUST");
    if (folder != NULL)
        return folder;
    if (config != NULL && config[0] == '/')
        es_buf_printf(path, "%s/eseal/trust", config);
    else if (home != NULL)
        es_buf_printf(path, "%s/.config/eseal/trust", home);
    folder = path->len == 0 ? NULL : es_buf_cstr(path);
    return folder != NULL && access(folder, R_OK) == 0 ? folder : NULL;
}

static es_status add_state(struct es_state_source *states, const char *path, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_STATUS_PROOF_MAX);
    es_status status;

    ES_TRY(es_file_read(path, &bytes, err));
    status = es_state_source_add(states, es_buf_span(&bytes), err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", path);
}

static es_status add_logs(struct es_state_source *states, const char *path, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_POLICY_MAX);
    es_status status;

    ES_TRY(es_file_read(path, &bytes, err));
    status = es_state_source_add_logs(states, es_buf_span(&bytes), err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", path);
}

struct state_folder {
    struct es_state_source *states;
    const char *path;
    es_status (*add)(struct es_state_source *states, const char *path, struct es_error *err);
};

static es_status add_of_folder(void *ctx, const char *name, struct es_error *err)
{
    struct state_folder *folder = ctx;
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);

    es_buf_printf(&path, "%s/%s", folder->path, name);
    ES_ENSURE(es_buf_cstr(&path) != NULL, err, ES_E_LIMIT, "%s: path is too long", name);
    return folder->add(folder->states, es_buf_cstr(&path), err);
}

/* Every file of a folder inside the folder of trust, if there is one. */
static es_status add_folder(const char *trust, const char *name, struct state_folder *folder,
                            struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);
    es_status status;

    es_buf_printf(&path, "%s/%s", trust, name);
    folder->path = es_buf_cstr(&path);
    ES_ENSURE(folder->path != NULL, err, ES_E_LIMIT, "%s: path is too long", trust);
    status = es_dir_each(folder->path, add_of_folder, folder, err);
    return status == ES_E_ABSENT && access(folder->path, F_OK) != 0 ? ES_OK : status;
}

static es_status load_logs(const struct cli *cli, const char *folder,
                           struct es_state_source *states, struct es_error *err)
{
    struct state_folder logs = {.states = states, .add = add_logs};
    const char *file;

    if (folder != NULL)
        ES_TRY(add_folder(folder, "logs", &logs, err));
    for (size_t i = 0; (file = cli_get_nth(cli, "log-policy", i)) != NULL; i++)
        ES_TRY(add_logs(states, file, err));
    return ES_OK;
}

es_status cli_load_proof(const struct cli *cli, const char *path, struct es_state_source **out,
                         struct es_error *err)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(8192);
    ES_AUTO_PTR(es_state_source) states = NULL;

    ES_TRY(es_state_source_new(&states, err));
    ES_TRY(load_logs(cli, trust_folder(cli, &buf), states, err));
    ES_TRY(add_state(states, path, err));
    *out = ES_TAKE(states);
    return ES_OK;
}

/* Policies of logs first: proofs are checked with them when they are loaded. */
static es_status load_states(const struct cli *cli, const char *folder, struct cli_verifier *v,
                             struct es_error *err)
{
    struct state_folder states = {.add = add_state};
    const char *file;

    ES_TRY(es_state_source_new(&v->states, err));
    states.states = v->states;
    ES_TRY(load_logs(cli, folder, v->states, err));
    for (size_t i = 0; (file = cli_get_nth(cli, "status", i)) != NULL; i++)
        ES_TRY(add_state(v->states, file, err));
    if (folder != NULL)
        ES_TRY(add_folder(folder, "states", &states, err));
    if (es_state_source_count(v->states) > 0)
        v->verifier.states = v->states;
    return ES_OK;
}

static es_status init(const struct cli *cli, struct cli_verifier *v, struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);
    const char *policy = cli_get(cli, "policy");
    const char *folder = trust_folder(cli, &path);

    ES_TRY(es_policy_load(policy == NULL ? "assured" : policy, &v->policy, err));
    if (folder != NULL)
        ES_TRY(es_trust_load(folder, &v->trust, err));
    else
        ES_TRY(es_trust_new(&v->trust, err));
    ES_TRY(es_seal_cache_new(&v->seals, err));
    ES_TRY(load_states(cli, folder, v, err));
    return cli_time(cli, "at", cli->clock.now_s(cli->clock.self), &v->now_s, err);
}

es_status cli_verifier_init(const struct cli *cli, struct cli_verifier *v, struct es_error *err)
{
    es_status status;

    *v = (struct cli_verifier){0};
    status = init(cli, v, err);
    if (status != ES_OK) {
        cli_verifier_clear(v);
        return status;
    }
    v->verifier.policy = &v->policy;
    v->verifier.trust = v->trust;
    v->verifier.seals = v->seals;
    v->verifier.clock = cli->clock;
    v->verifier.limits = es_ofd_limits_default();
    v->verifier.at_set = cli_has(cli, "at");
    return ES_OK;
}

void cli_verifier_clear(struct cli_verifier *v)
{
    es_state_source_free(v->states);
    es_seal_cache_free(v->seals);
    es_trust_free(v->trust);
    es_policy_clear(&v->policy);
}
