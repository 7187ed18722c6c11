/* What readers of proofs share: hashes out of JSON, strictly. */
#ifndef ES_PROOF_READ_H
#define ES_PROOF_READ_H

#include "es_json.h"
#include "es_log.h"

/** Member of 64 hex digits. */
ES_CHECKED es_status proof_hex_hash(es_json_node object, const char *name, struct es_log_hash *out,
                                    struct es_error *err);
/** 32 bytes in base64 without white space; text may be NULL (no text at all). */
ES_CHECKED es_status proof_base64_hash(const char *text, struct es_log_hash *out,
                                       struct es_error *err);
/** A list of hashes; ES_E_LIMIT when longer than max. name is for messages. */
ES_CHECKED es_status proof_hashes(es_json_node list, const char *name, size_t max,
                                  struct es_log_hash *out, size_t *count, struct es_error *err);
/** Member of base64 bytes without white space, appended to out. */
ES_CHECKED es_status proof_bytes(es_json_node object, const char *name, struct es_buf *out,
                                 struct es_error *err);
/** Member that is a whole number, 0 or more. */
ES_CHECKED es_status proof_number(es_json_node object, const char *name, uint64_t *out,
                                  struct es_error *err);

#endif
