/*
 * Classes, kinds, application types, states and reasons from their .def files, and the look-ups,
 * which are the same for each: by place, by number, by id.
 */
#include "codes_internal.h"

/* Four functions over a constant array: name_count, name_at, name_by_<key>, name_by_id. */
#define LOOK_UPS(row, name, key, number)                                                           \
    size_t name##_count(void)                                                                      \
    {                                                                                              \
        return sizeof name##_rows / sizeof name##_rows[0];                                         \
    }                                                                                              \
    const struct row *name##_at(size_t i)                                                          \
    {                                                                                              \
        return &name##_rows[i];                                                                    \
    }                                                                                              \
    const struct row *name##_by_##key(unsigned value)                                              \
    {                                                                                              \
        for (size_t i = 0; i < name##_count(); i++)                                                \
            if ((unsigned) name##_rows[i].number == value)                                         \
                return &name##_rows[i];                                                            \
        return NULL;                                                                               \
    }                                                                                              \
    const struct row *name##_by_id(struct es_span id)                                              \
    {                                                                                              \
        for (size_t i = 0; i < name##_count(); i++)                                                \
            if (es_span_is(id, name##_rows[i].id))                                                 \
                return &name##_rows[i];                                                            \
        return NULL;                                                                               \
    }

static const struct es_seal_class_row es_seal_class_rows[] = {
#define ES_SEAL_CLASS(symbol, number, id, zh, en) {ES_CLASS_##symbol, id, zh, en},
#include "classes.def"
#undef ES_SEAL_CLASS
};
LOOK_UPS(es_seal_class_row, es_seal_class, number, number)

static const struct es_seal_kind_row es_seal_kind_rows[] = {
#define ES_SEAL_KIND(symbol, code, id, klass, gb, parent, zh, en)                                  \
    {ES_KIND_##symbol, id, ES_CLASS_##klass, ES_GB_##gb, parent, zh, en},
#include "kinds.def"
#undef ES_SEAL_KIND
};
LOOK_UPS(es_seal_kind_row, es_seal_kind, code, code)

static const struct es_application_type_row es_application_type_rows[] = {
#define ES_APPLICATION_TYPE(symbol, number, id, zh, en) {ES_APPLICATION_##symbol, id, zh, en},
#include "applications.def"
#undef ES_APPLICATION_TYPE
};
LOOK_UPS(es_application_type_row, es_application_type, number, number)

static const struct es_seal_state_row es_seal_state_rows[] = {
#define ES_SEAL_STATE(symbol, id, sign, meaning, national, zh, en)                                 \
    {ES_STATUS_##symbol, id, sign, ES_STATE_##meaning, national, zh, en},
#include "states.def"
#undef ES_SEAL_STATE
};
LOOK_UPS(es_seal_state_row, es_seal_state, number, status)

#define ON(type) (1u << ES_APPLICATION_##type)
#define ON_ANY 0x3FFEu /* every type: bits 1 to 13 */
static const struct es_reason_row es_reason_rows[] = {
#define ES_REASON(symbol, n, id, zh, en, articles, on, crl, published, back, notice)               \
    {ES_REASON_##symbol, id, zh, en, articles, on, crl, published, back, notice},
#include "reasons.def"
#undef ES_REASON
};
LOOK_UPS(es_reason_row, es_reason, number, n)

bool es_reason_applies(unsigned n, enum es_application_type type)
{
    const struct es_reason_row *row = es_reason_by_number(n);

    return row != NULL && es_application_type_by_number(type) != NULL &&
           (row->on >> (unsigned) type & 1) != 0;
}

unsigned es_reason_published(unsigned n)
{
    const struct es_reason_row *row = es_reason_by_number(n);

    return row != NULL && row->published ? n : 0;
}

/* SPEC interfaces.md 3.2: 207 release, 108 renewal, 209 revoke, lost, withdraw. */
void es_national_tasks(enum es_seal_status status, enum es_application_type type,
                       enum es_national_task out[2])
{
    out[0] = ES_NATIONAL_NONE;
    out[1] = ES_NATIONAL_NONE;
    switch (status) {
    case ES_STATUS_ACTIVE:
        out[0] = ES_NATIONAL_RELEASE;
        break;
    case ES_STATUS_SUPERSEDED:
        out[0] = type == ES_APPLICATION_RENEW ? ES_NATIONAL_RENEW : ES_NATIONAL_REVOKE;
        out[1] = type == ES_APPLICATION_RENEW ? ES_NATIONAL_NONE : ES_NATIONAL_RELEASE;
        break;
    case ES_STATUS_SUSPENDED:
    case ES_STATUS_CANCELLED:
    case ES_STATUS_INVALIDATED:
        out[0] = ES_NATIONAL_REVOKE;
        break;
    case ES_STATUS_MADE:
    case ES_STATUS_FILED:
    case ES_STATUS_EXPIRED:
        break;
    }
}

int es_national_invalid_type(unsigned reason, bool by_authority)
{
    if (reason == ES_REASON_LOST || reason == ES_REASON_STOLEN)
        return 2;
    return by_authority ? 0 : 1;
}
