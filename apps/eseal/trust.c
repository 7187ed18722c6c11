/* Whom to believe, from options and environment. */
#include "trust.h"

#include <unistd.h>

#define STATE_FILE_MAX (512u * 1024u)

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
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(STATE_FILE_MAX);
    es_status status;

    ES_TRY(es_file_read(path, &bytes, err));
    status = es_state_source_add(states, es_buf_span(&bytes), err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", path);
}

struct state_folder {
    struct es_state_source *states;
    const char *path;
};

static es_status add_state_of_folder(void *ctx, const char *name, struct es_error *err)
{
    struct state_folder *folder = ctx;
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);

    es_buf_printf(&path, "%s/%s", folder->path, name);
    ES_ENSURE(es_buf_cstr(&path) != NULL, err, ES_E_LIMIT, "%s: path is too long", name);
    return add_state(folder->states, es_buf_cstr(&path), err);
}

/* --status files, and states/ of the folder of trust. */
static es_status load_states(const struct cli *cli, const char *folder, struct cli_verifier *v,
                             struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);
    const char *file;

    ES_TRY(es_state_source_new(&v->states, err));
    for (size_t i = 0; (file = cli_get_nth(cli, "status", i)) != NULL; i++)
        ES_TRY(add_state(v->states, file, err));
    if (folder != NULL) {
        struct state_folder states = {.states = v->states};
        es_status status;

        es_buf_printf(&path, "%s/states", folder);
        states.path = es_buf_cstr(&path);
        ES_ENSURE(states.path != NULL, err, ES_E_LIMIT, "%s: path is too long", folder);
        status = es_dir_each(states.path, add_state_of_folder, &states, err);
        if (status != ES_OK && (status != ES_E_ABSENT || access(states.path, F_OK) == 0))
            return status;
    }
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
