/*
 * A seal against the times and the list of makers. Rules only; what they rest on (the rule of
 * ends, the list) is in lib/pki.
 */
#include <inttypes.h>
#include <string.h>

#include "seal_internal.h"

#define REGION_LEN 6
#define ES24_LEN 24 /* division 6, kind 2, year 2, sequence 12, version, check (codes.md 2.4) */
#define ZONE_SLACK_S BEIJING_OFFSET_S

/* ---- dates ---- */

void es_seal_check_dates(const struct es_seal *seal, const struct es_times *times,
                         const char *where, struct es_findings *findings)
{
    static const enum es_code ends[] = {
        [ES_END_NONE] = ES_V_NONE,
        [ES_END_AFTER_SIGNING] = ES_V_SEAL_EXPIRED_NOW,
        [ES_END_AT_SIGNING] = ES_V_SEAL_EXPIRED_AT_SIGNING,
        [ES_END_NO_POE] = ES_V_SEAL_EXPIRED_NO_POE,
    };
    const enum es_check check = ES_CHECK_SEAL_VALIDITY_AT_SIGNING;
    enum es_code end = ends[es_time_end_rule(times, seal->valid_until_s)];
    int64_t begin_s = seal->valid_from_s > seal->created_s ? seal->valid_from_s : seal->created_s;

    /* SPEC GM/T 0031-2014 6.1.2 d: a seal outside its period fails, even if its signature holds.
     * SPEC verification.md 9.6 time-02: so does one that was used before it was made. */
    if (times->claim_s < begin_s - ZONE_SLACK_S)
        es_finding_add(findings, check, ES_V_SEAL_NOT_YET_VALID, where, NULL);
    else if (times->claim_s < begin_s)
        es_finding_add(findings, check, ES_V_FORM_DEVIATION, where, "time-zone");
    if (end != ES_V_NONE)
        es_finding_add(findings, check, end, where, NULL);
}

/* ---- trust in the maker ---- */

static bool all_digits(struct es_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return true;
}

/* Region digits of the seal's code, empty when it has none. */
static struct es_span region_of(const struct es_seal *seal)
{
    struct es_span region = es_span_sub(seal->id, 0, REGION_LEN);
    bool coded = seal->id.len == ES24_LEN || all_digits(seal->id);

    if (seal->id.len < REGION_LEN || !coded || !all_digits(region))
        return es_span_of(NULL, 0);
    return region;
}

/* Next word of a list joined by blanks; empty at the end. */
static struct es_span next_word(const char **list)
{
    const char *start = *list + strspn(*list, " ");
    size_t len = strcspn(start, " ");

    *list = start + len;
    return es_span_of(start, len);
}

static bool region_listed(const struct es_seal *seal, const char *list)
{
    struct es_span region = region_of(seal), word = next_word(&list);

    if (word.len == 0)
        return true;
    for (; word.len > 0; word = next_word(&list))
        if (word.len <= region.len && memcmp(word.ptr, region.ptr, word.len) == 0)
            return true;
    return false;
}

/* Number without leading zeros, so that "01" and "1" are the same. */
static struct es_span plain(struct es_span word)
{
    while (word.len > 1 && word.ptr[0] == '0')
        word = es_span_sub(word, 1, word.len);
    return word;
}

static bool kind_listed(const struct es_seal *seal, const char *list)
{
    char number[16];
    struct es_span kind, word = next_word(&list);

    (void) snprintf(number, sizeof(number), "%" PRIu32, seal->type);
    kind = es_span_str(number);
    if (seal->id.len == ES24_LEN && region_of(seal).len > 0)
        kind = es_span_sub(seal->id, REGION_LEN, 2);
    if (word.len == 0)
        return true;
    for (; word.len > 0; word = next_word(&list))
        if (es_span_equal(plain(word), plain(kind)))
            return true;
    return false;
}

/* Code of the entry's dates, NONE when the claim lies between them. */
static enum es_code judge_dates(const struct es_maker_entry *entry, const struct es_times *times)
{
    enum es_end_rule end = ES_END_NONE;

    if (entry->until_s != 0)
        end = es_time_end_rule(times, entry->until_s);
    if ((entry->from_s != 0 && times->claim_s < entry->from_s) || end == ES_END_AT_SIGNING)
        return ES_V_MAKER_OUT_OF_SCOPE;
    return end == ES_END_NO_POE ? ES_V_MAKER_UNTRUSTED : ES_V_NONE;
}

void es_seal_check_maker(const struct es_seal *seal, const struct es_cert *maker,
                         const struct es_trust *trust, const struct es_times *times,
                         const char *where, struct es_findings *findings)
{
    const enum es_check check = ES_CHECK_MAKER_TRUSTED;
    const struct es_maker_entry *entry = NULL;
    enum es_code dates;

    if (maker != NULL && trust != NULL)
        entry = es_trust_maker(trust, maker);
    if (entry == NULL) {
        es_finding_add(findings, check,
                       maker != NULL ? ES_V_MAKER_UNTRUSTED : ES_V_MAKER_CERT_MISSING, where, NULL);
        return;
    }
    dates = judge_dates(entry, times);
    if (entry->blocked)
        es_finding_add(findings, check, ES_V_MAKER_BLOCKED, where, NULL);
    if (entry->internal)
        es_finding_add(findings, check, ES_V_INTERNAL_ONLY, where, NULL);
    if (dates != ES_V_NONE)
        es_finding_add(findings, check, dates, where, "dates");
    if (entry->regions != NULL && !region_listed(seal, entry->regions))
        es_finding_add(findings, check, ES_V_MAKER_OUT_OF_SCOPE, where, "region");
    if (entry->kinds != NULL && !kind_listed(seal, entry->kinds))
        es_finding_add(findings, check, ES_V_MAKER_OUT_OF_SCOPE, where, "kind");
}
