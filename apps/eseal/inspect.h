/*
 * The parts of eseal inspect. Each adds what it finds below the tree's current node. A part that
 * does not decode is shown as such and gives ES_OK; only lack of memory and failures to read the
 * file itself end the command. Nothing here verifies anything.
 */
#ifndef ESEAL_INSPECT_H
#define ESEAL_INSPECT_H

#include "inspect_tree.h"

#include "es_der.h"
#include "es_pki.h"
#include "es_seal.h"

/** Time stamps inside time stamps, SignedData inside …: deeper ones are shown as size only. */
#define INSPECT_DEPTH_MAX 4

struct inspect {
    struct tree tree;
    unsigned depth;
};

enum inspect_kind {
    INSPECT_UNKNOWN = 0,
    INSPECT_OFD,
    INSPECT_SEAL,
    INSPECT_SIGNATURE, /* SES_Signature */
    INSPECT_CMS,
    INSPECT_BARE_SM2,
    INSPECT_CERT,
    INSPECT_CRL,
    INSPECT_CSR,
    INSPECT_TIME_STAMP_REQUEST,
    INSPECT_TIME_STAMP_RESPONSE,
    INSPECT_PRIVATE_KEY,
    INSPECT_ASN1
};
/** By the shape of the outer elements; nothing is decoded. ASN1: some other SEQUENCE. */
enum inspect_kind inspect_kind_of(struct es_span bytes);
/** "seal", "certificate", …, as the node W_KIND. */
void inspect_put_kind(struct inspect *in, enum inspect_kind kind);

/** Everything but OFD, by kind; the fields go into the current node. */
ES_CHECKED es_status inspect_bytes(struct inspect *in, enum inspect_kind kind, struct es_span bytes,
                                   struct es_error *err);
/** A SignedValue or seal in a file of its own: as above, base64 undone. */
ES_CHECKED es_status inspect_value(struct inspect *in, struct es_span bytes, struct es_error *err);
/** After a part failed with own: NOMEM, IO, … go to err; all else is shown and gives ES_OK. */
ES_CHECKED es_status inspect_broken(struct inspect *in, es_status status,
                                    const struct es_error *own, struct es_error *err);

ES_CHECKED es_status inspect_ofd(struct inspect *in, const struct es_source *src,
                                 struct es_error *err);

ES_CHECKED es_status inspect_seal(struct inspect *in, struct es_span der, struct es_error *err);
ES_CHECKED es_status inspect_signature(struct inspect *in, struct es_span der,
                                       struct es_error *err);

/** der empty: nothing is added. */
ES_CHECKED es_status inspect_cert(struct inspect *in, enum tree_word word, struct es_span der,
                                  struct es_error *err);
ES_CHECKED es_status inspect_cert_fields(struct inspect *in, struct es_span der,
                                         struct es_error *err);
ES_CHECKED es_status inspect_crl(struct inspect *in, struct es_span der, struct es_error *err);
ES_CHECKED es_status inspect_csr(struct inspect *in, struct es_span der, struct es_error *err);
void inspect_name(struct inspect *in, enum tree_word word, struct es_span name);
void inspect_serial(struct inspect *in, enum tree_word word, struct es_span integer);
void inspect_key(struct inspect *in, const struct es_pubkey *key, es_status status, bool deviates);
/** One Extension of a list. */
struct inspect_ext {
    struct es_span oid, value;
    bool critical;
};
ES_CHECKED es_status inspect_get_ext(struct es_span *list, struct inspect_ext *out,
                                     struct es_error *err);
/** OIDs, marks and values of an Extensions SEQUENCE's content. */
ES_CHECKED es_status inspect_extensions(struct inspect *in, struct es_span list,
                                        struct es_error *err);
/** SM3 of bytes. */
ES_CHECKED es_status inspect_sm3(struct inspect *in, struct es_span bytes, struct es_error *err);

ES_CHECKED es_status inspect_cms(struct inspect *in, struct es_span der, struct es_error *err);
/** A group with a token's fields; nothing for an empty token. */
ES_CHECKED es_status inspect_time_stamp(struct inspect *in, struct es_span token,
                                        struct es_error *err);
ES_CHECKED es_status inspect_time_stamp_request(struct inspect *in, struct es_span der,
                                                struct es_error *err);
ES_CHECKED es_status inspect_time_stamp_response(struct inspect *in, struct es_span der,
                                                 struct es_error *err);

/** Dump of any DER: offsets, tags, lengths, values. */
void inspect_asn1(struct inspect *in, struct es_span der);

#endif
