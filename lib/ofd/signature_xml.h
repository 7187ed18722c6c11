/*
 * Signature.xml decoded (GB/T 33190 18.2; formats.md 7.2): what the file says, nothing judged but
 * its structure. Internal to lib/ofd and to eseal inspect.
 */
#ifndef ES_SIGNATURE_XML_H
#define ES_SIGNATURE_XML_H

#include "es_base.h"
#include "es_ofd.h"

struct es_sig_reference {
    struct es_span file_ref;
    struct es_span check_value; /* base64 text */
};
struct es_sig_stamp {
    struct es_span id;
    struct es_span page_ref;
    struct es_span boundary;
    struct es_span clip;
    bool has_clip;
};
struct es_signature_xml {
    struct es_span provider_name, provider_company, provider_version;
    struct es_span method; /* SignatureMethod, empty when absent */
    struct es_span date_time;
    struct es_span check_method; /* empty when absent */
    bool has_check_method;
    struct es_sig_reference *refs;
    size_t ref_count;
    struct es_sig_stamp *stamps;
    size_t stamp_count;
    struct es_span seal_loc;  /* Seal/BaseLoc, empty when absent */
    struct es_span value_loc; /* SignedValue */
};
/**
 * Decode; everything lives in arena. What is doubled gives signature_ambiguous, what is missing
 * signature_missing_part, an element of another namespace in its place structure_invalid (all under
 * ES_CHECK_FORMAT with where).
 * @return ES_OK        usable; findings may make it invalid
 *         ES_E_FORMAT, ES_E_DTD, ES_E_LIMIT  not readable (a finding says so)
 *         ES_E_NOMEM
 */
ES_CHECKED es_status es_signature_xml_decode(struct es_span bytes,
                                             const struct es_xml_limits *limits,
                                             struct es_arena *arena, const char *where,
                                             struct es_findings *findings,
                                             struct es_signature_xml *out, struct es_error *err);

#endif
