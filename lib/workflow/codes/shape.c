/* Length and alphabet of codes. Positions in messages count bytes from 1. */
#include "codes_internal.h"

int codes_index(const char *alphabet, uint8_t byte)
{
    const char *at = byte == 0 ? NULL : strchr(alphabet, byte);

    return at == NULL ? -1 : (int) (at - alphabet);
}

es_status codes_check_len(struct es_span code, const char *what, size_t len, struct es_error *err)
{
    ES_ENSURE(code.len == len, err, ES_E_FORMAT, "%s of %zu bytes, asked for are %zu", what,
              code.len, len);
    return ES_OK;
}

es_status codes_check_bytes(struct es_span code, size_t from, size_t to,
                            const struct codes_shape *shape, struct es_error *err)
{
    for (size_t i = from; i < to; i++) {
        uint8_t byte = code.ptr[i];

        if (codes_index(shape->alphabet, byte) >= 0)
            continue;
        ES_ENSURE(byte > 0x20 && byte < 0x7F, err, ES_E_FORMAT,
                  "%s: byte %zu is 0x%02X, allowed are %s", shape->what, i + 1, byte, shape->shown);
        return es_error_set(err, ES_E_FORMAT, "%s: byte %zu is '%c', allowed are %s", shape->what,
                            i + 1, byte, shape->shown);
    }
    return ES_OK;
}

void codes_copy(char *out, struct es_span s)
{
    memcpy(out, s.ptr, s.len);
    out[s.len] = '\0';
}

uint64_t codes_number(struct es_span digits)
{
    uint64_t number = 0;

    for (size_t i = 0; i < digits.len; i++)
        number = 10 * number + (digits.ptr[i] - '0');
    return number;
}

const char *es_code_warning_name(unsigned warning)
{
    switch (warning) {
    case ES_CODE_WARN_CHECKSUM:
        return "checksum";
    case ES_CODE_WARN_ORG_CHECKSUM:
        return "org_checksum";
    case ES_CODE_WARN_DIVISION:
        return "division_unknown";
    default:
        return NULL;
    }
}
