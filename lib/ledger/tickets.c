/*
 * Who waits for which entry. A ticket is listed under its entry id before its transaction commits,
 * so whoever signs the entry finds it; it is taken off when it is finished or nobody waits. Tickets
 * keep the list alive, so that one may be freed after its ledger.
 */
#include "keep.h"

#include <errno.h>

#define BUCKETS 4096

struct keep_tickets {
    pthread_mutex_t lock; /* of the list, and of what stands in listed tickets */
    atomic_uint refs;
    char failed[KEEP_WHY_MAX]; /* not empty: the log will not be written */
    struct es_ticket *bucket[BUCKETS];
};

es_status keep_tickets_new(struct keep_tickets **out, struct es_error *err)
{
    struct keep_tickets *tickets = calloc(1, sizeof *tickets);

    ES_ENSURE(tickets != NULL, err, ES_E_NOMEM, "out of memory");
    if (pthread_mutex_init(&tickets->lock, NULL) != 0) {
        free(tickets);
        return es_error_set(err, ES_E_NOMEM, "out of locks");
    }
    atomic_init(&tickets->refs, 1);
    *out = tickets;
    return ES_OK;
}

void keep_tickets_free(struct keep_tickets *tickets)
{
    if (tickets == NULL || atomic_fetch_sub(&tickets->refs, 1) != 1)
        return;
    (void) pthread_mutex_destroy(&tickets->lock);
    free(tickets);
}

/* ---- one ticket ---- */

es_status keep_ticket_new(struct keep_tickets *tickets, struct es_ticket **out,
                          struct es_error *err)
{
    struct es_ticket *ticket = calloc(1, sizeof *ticket);
    es_status status;

    ES_ENSURE(ticket != NULL, err, ES_E_NOMEM, "out of memory");
    status = keep_cond_init(&ticket->done, err);
    if (status != ES_OK) {
        free(ticket);
        return status;
    }
    atomic_init(&ticket->refs, 1);
    (void) atomic_fetch_add(&tickets->refs, 1);
    ticket->tickets = tickets;
    *out = ticket;
    return ES_OK;
}

struct es_ticket *keep_ticket_ref(struct es_ticket *ticket)
{
    (void) atomic_fetch_add(&ticket->refs, 1);
    return ticket;
}

void keep_ticket_unref(struct es_ticket *ticket)
{
    if (ticket == NULL || atomic_fetch_sub(&ticket->refs, 1) != 1)
        return;
    (void) pthread_cond_destroy(&ticket->done);
    keep_tickets_free(ticket->tickets);
    free(ticket);
}

const uint8_t *es_ticket_entry_id(const struct es_ticket *ticket)
{
    return ticket->entry_id;
}

/* ---- the list ---- */

/* The last bytes of an id are random. */
static struct es_ticket **bucket_of(struct keep_tickets *tickets, const uint8_t entry_id[16])
{
    return &tickets->bucket[((unsigned) entry_id[14] << 8 | entry_id[15]) % BUCKETS];
}

/* Under the lock: off the list, without the reference of the list being given up. */
static bool unlist(struct es_ticket *ticket)
{
    struct es_ticket **at = bucket_of(ticket->tickets, ticket->entry_id);

    if (!ticket->listed)
        return false;
    while (*at != ticket)
        at = &(*at)->next;
    *at = ticket->next;
    ticket->listed = false;
    return true;
}

static void finish(struct es_ticket *ticket, es_status status, const struct es_log_place *place)
{
    ticket->finished = true;
    ticket->status = status;
    if (place != NULL)
        ticket->place = *place;
    (void) pthread_cond_broadcast(&ticket->done);
}

void keep_ticket_list(struct es_ticket *ticket)
{
    struct keep_tickets *tickets = ticket->tickets;
    struct es_ticket **at = bucket_of(tickets, ticket->entry_id);

    (void) pthread_mutex_lock(&tickets->lock);
    if (tickets->failed[0] != '\0') {
        finish(ticket, ES_E_AUDIT, NULL);
    } else {
        ticket->next = *at;
        *at = keep_ticket_ref(ticket);
        ticket->listed = true;
    }
    (void) pthread_mutex_unlock(&tickets->lock);
}

static void take_off(struct es_ticket *ticket, bool dropped)
{
    bool was_listed;

    (void) pthread_mutex_lock(&ticket->tickets->lock);
    was_listed = unlist(ticket);
    if (dropped && !ticket->finished)
        finish(ticket, ES_E_CONFLICT, NULL);
    (void) pthread_mutex_unlock(&ticket->tickets->lock);
    if (was_listed)
        keep_ticket_unref(ticket);
}

void keep_ticket_drop(struct es_ticket *ticket)
{
    take_off(ticket, true);
}

void es_ticket_free(struct es_ticket *ticket)
{
    if (ticket == NULL)
        return;
    take_off(ticket, false);
    keep_ticket_unref(ticket);
}

void keep_tickets_done(struct keep_tickets *tickets, const uint8_t entry_id[16],
                       const struct es_log_place *place)
{
    struct es_ticket *at;

    (void) pthread_mutex_lock(&tickets->lock);
    for (at = *bucket_of(tickets, entry_id); at != NULL; at = at->next) {
        if (memcmp(at->entry_id, entry_id, sizeof at->entry_id) == 0)
            break;
    }
    if (at != NULL && unlist(at))
        finish(at, ES_OK, place);
    (void) pthread_mutex_unlock(&tickets->lock);
    keep_ticket_unref(at);
}

void keep_tickets_fail(struct keep_tickets *tickets, const char *why)
{
    struct es_ticket *all = NULL;

    (void) pthread_mutex_lock(&tickets->lock);
    (void) snprintf(tickets->failed, sizeof tickets->failed, "%s", why);
    for (size_t i = 0; i < BUCKETS; i++) {
        while (tickets->bucket[i] != NULL) {
            struct es_ticket *ticket = tickets->bucket[i];

            (void) unlist(ticket);
            finish(ticket, ES_E_AUDIT, NULL);
            ticket->next = all;
            all = ticket;
        }
    }
    (void) pthread_mutex_unlock(&tickets->lock);
    while (all != NULL) {
        struct es_ticket *next = all->next;

        keep_ticket_unref(all);
        all = next;
    }
}

es_status keep_tickets_waiting(struct keep_tickets *tickets, struct es_buf *out,
                               struct es_error *err)
{
    (void) pthread_mutex_lock(&tickets->lock);
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct es_ticket *at = tickets->bucket[i]; at != NULL; at = at->next)
            es_buf_put(out, at->entry_id, sizeof at->entry_id);
    }
    (void) pthread_mutex_unlock(&tickets->lock);
    return es_buf_check(out, err);
}

/* ---- waiting ---- */

es_status keep_ticket_wait(struct es_ticket *ticket, unsigned timeout_ms, struct es_log_place *out,
                           struct es_error *err)
{
    struct keep_tickets *tickets = ticket->tickets;
    char why[KEEP_WHY_MAX];
    es_status status;
    bool finished;

    (void) pthread_mutex_lock(&tickets->lock);
    finished = keep_wait_flag(&ticket->done, &tickets->lock, &ticket->finished, timeout_ms);
    status = ticket->status;
    if (finished && status == ES_OK && out != NULL)
        *out = ticket->place;
    (void) snprintf(why, sizeof why, "%s", tickets->failed);
    (void) pthread_mutex_unlock(&tickets->lock);
    ES_ENSURE(finished, err, ES_E_AUDIT, "the entry is not under a signed checkpoint after %u ms",
              timeout_ms);
    ES_ENSURE(status != ES_E_CONFLICT, err, ES_E_AUDIT, "the entry's transaction was not kept");
    ES_ENSURE(status == ES_OK, err, ES_E_AUDIT, "the entry will not be signed: %s", why);
    return ES_OK;
}
