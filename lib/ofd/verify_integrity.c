/*
 * The integrity file of GM/T 0099-2020 (formats.md 8.2): OFDEntries.xml lists the names of all
 * entries, a GB/T 35275 value signs the list. It proves which entries there were, not what is in
 * them: so contents stay unprotected, and the report says so.
 */
#include "verify_internal.h"

#define ENTRIES_XML "OFDEntries.xml"

bool verify_has_integrity_file(const struct verify_run *run)
{
    return es_zip_find(run->zip, es_span_str(ENTRIES_XML)) != NULL;
}

static es_status take_file(struct verify_one *one, const struct es_xml_node *file,
                           struct es_error *err)
{
    struct es_span loc = es_xml_attr(file, "FileLoc", NULL);
    const struct es_zip_entry *entry = NULL;
    bool exact = true;
    es_status status = es_ofd_resolve(one->run->ofd, ENTRIES_XML, loc, &entry, &exact, err);

    if (status == ES_OK)
        one->is_protected[entry->index] = 1;
    else if (status == ES_E_NOMEM || status == ES_E_IO)
        return status;
    else
        es_finding_add_span(one->findings, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_ENTRY_MISSING,
                            one->where, loc);
    return ES_OK;
}

static es_status read_list(struct verify_one *one, bool *good, struct es_error *err)
{
    struct es_xml_node *root = NULL, *list;
    es_status status = es_xml_parse(es_buf_span(&one->xml_bytes), &one->run->verifier->limits.xml,
                                    &one->run->report->arena, &root, err);

    *good = status == ES_OK;
    if (status == ES_E_NOMEM)
        return status;
    if (!*good) {
        verify_add(one, ES_CHECK_FORMAT, ES_V_XML_MALFORMED, ENTRIES_XML);
        return ES_OK;
    }
    one->xml.value_loc = es_span_trim(es_xml_child(root, "SignedValueLoc") == NULL
                                          ? es_span_of(NULL, 0)
                                          : es_xml_child(root, "SignedValueLoc")->text);
    list = es_xml_child(root, "FileList");
    for (struct es_xml_node *f = es_xml_child(list, "File"); f != NULL; f = es_xml_same(f))
        ES_TRY(take_file(one, f, err));
    return ES_OK;
}

/* Entries that the list does not name, and the plain word that contents are not protected. */
static void judge_list(struct verify_one *one)
{
    for (uint32_t i = 0; i < one->run->entry_count; i++) {
        const struct es_zip_entry *entry = es_zip_at(one->run->zip, i);
        bool own = strcmp(entry->name, ENTRIES_XML) == 0 ||
                   es_span_is(one->xml.value_loc, entry->name) ||
                   (one->xml.value_loc.len > 0 && one->xml.value_loc.ptr[0] == '/' &&
                    es_span_is(es_span_sub(one->xml.value_loc, 1, SIZE_MAX), entry->name));

        if (!one->is_protected[i] && !entry->is_folder && !own)
            verify_add(one, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_ENTRY_EXTRA, entry->name);
    }
    verify_add(one, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_ENTRY_UNPROTECTED, "*");
}

static es_status run_list(struct verify_one *one, const struct es_zip_entry *entry,
                          struct es_error *err)
{
    bool good = false;

    ES_TRY(verify_entry_read(one->run, entry, &one->xml_bytes, &good, err));
    if (!good)
        return ES_OK;
    ES_TRY(es_sm3(es_buf_span(&one->xml_bytes), one->xml_sm3, err));
    ES_TRY(read_list(one, &good, err));
    if (!good)
        return ES_OK;
    ES_TRY(verify_value(one, err));
    judge_list(one);
    ES_TRY(verify_signature_value(one, err));
    verify_ran(one, ES_CHECK_FORMAT);
    verify_ran(one, ES_CHECK_PROTECTION_RANGE);
    ES_TRY(verify_facts(one, err));
    ES_TRY(verify_time(one, err));
    return verify_trust(one, err);
}

es_status verify_integrity_file(struct verify_run *run, struct es_error *err)
{
    struct es_ofd_signature_ref ref = {
        .id = "integrity", .type = "GMT0099-integrity", .entry = ENTRIES_XML};
    struct verify_one one = {.run = run};
    es_status status = verify_start(&one, &ref, err);

    if (status == ES_OK) {
        one.is_protected = calloc(run->entry_count + 1, 1);
        if (one.is_protected == NULL)
            status = es_error_set(err, ES_E_NOMEM, "out of memory");
    }
    if (status == ES_OK)
        status = run_list(&one, es_zip_find(run->zip, es_span_str(ENTRIES_XML)), err);
    verify_clear(&one);
    return status;
}
