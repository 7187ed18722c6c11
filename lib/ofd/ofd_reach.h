/*
 * Between ofd_reach.c (what has been reached, and in which order files are read) and
 * ofd_reach_scan.c (the paths inside one file).
 */
#ifndef OFD_REACH_H
#define OFD_REACH_H

#include "ofd_internal.h"

/**
 * Kinds of files, each before those it can lead to: reading kind by kind needs no queue and no
 * guard against cycles. DATA and what follows is never read.
 */
enum es_ofd_kind {
    ES_OFD_KIND_ROOT,
    ES_OFD_KIND_VERSION,
    ES_OFD_KIND_DOCUMENT,
    ES_OFD_KIND_ANNOTATIONS,
    ES_OFD_KIND_TAGS,
    ES_OFD_KIND_ATTACHMENTS,
    ES_OFD_KIND_EXTENSIONS,
    ES_OFD_KIND_PAGE,
    ES_OFD_KIND_PAGE_ANNOT,
    ES_OFD_KIND_RES,
    ES_OFD_KIND_TAG,
    ES_OFD_KIND_SIGNATURES,
    ES_OFD_KIND_SIGNATURE,
    ES_OFD_KIND_DATA,
    ES_OFD_KIND_LINK, /* not an entry: the URI of an action */
    ES_OFD_KIND_ID    /* not an entry: the ID of a resource */
};

/** A path that led to no entry. */
struct es_ofd_lost {
    const char *name; /* its last part */
    enum es_reach why;
    struct es_ofd_lost *next;
};
#define ES_OFD_LOST_MAX 256

struct es_ofd_reaching {
    const struct es_ofd *ofd;
    struct es_findings *findings;
    enum es_reach *reach;
    uint32_t *wanted; /* by entry: bits of kinds to be read as */
    uint32_t *done;   /* by entry: bits of kinds read as */
    uint32_t count;
    bool in_version; /* all that is found now was led to by version data */
    struct es_arena *arena;
    struct es_ofd_lost *lost; /* up to ES_OFD_LOST_MAX */
    uint32_t lost_count;
};

/** An entry was led to. */
void es_ofd_reach_entry(struct es_ofd_reaching *r, const struct es_zip_entry *entry,
                        enum es_ofd_kind kind, enum es_reach why);
/** A path led to no entry: other readers may look for its file name in folders we do not know. */
ES_CHECKED es_status es_ofd_reach_lost(struct es_ofd_reaching *r, struct es_span loc,
                                       enum es_reach why, struct es_error *err);
/** Read one file and follow the paths in it. Only fatal failures are returned. */
ES_CHECKED es_status es_ofd_reach_scan(struct es_ofd_reaching *r, const struct es_zip_entry *entry,
                                       enum es_ofd_kind kind, struct es_error *err);

#endif
