/* Building a verifier from --policy, --trust, --status and --at: shared by verify and seal verify.
 */
#ifndef ESEAL_TRUST_H
#define ESEAL_TRUST_H

#include "cli.h"
#include "es_ofd.h"
#include "es_state.h"

struct cli_verifier {
    struct es_verifier verifier;
    struct es_policy policy;
    struct es_trust *trust;
    struct es_seal_cache *seals;
    struct es_state_source *states;
    int64_t now_s;
};
ES_CHECKED es_status cli_verifier_init(const struct cli *cli, struct cli_verifier *out,
                                       struct es_error *err);
void cli_verifier_clear(struct cli_verifier *v);
/** One proof or answer alone, under the policies of --log-policy and the folder of trust. */
ES_CHECKED es_status cli_load_proof(const struct cli *cli, const char *path,
                                    struct es_state_source **out, struct es_error *err);

#endif
