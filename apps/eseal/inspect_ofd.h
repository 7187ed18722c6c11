/* Shared by the two files of eseal inspect that look into OFD documents. */
#ifndef ESEAL_INSPECT_OFD_H
#define ESEAL_INSPECT_OFD_H

#include "inspect.h"

#include "es_ofd.h"

#define INSPECT_XML_MAX ((size_t) 16 << 20)

/** Small files only: no page content is read as a tree. */
static inline struct es_xml_limits inspect_xml_limits(void)
{
    struct es_xml_limits limits = es_xml_limits_default();

    limits.bytes_max = INSPECT_XML_MAX;
    limits.elements_max = 200000;
    return limits;
}

/** One entry of the signature list: Signature.xml and the files it names. */
ES_CHECKED es_status inspect_ofd_signature(struct inspect *in, const struct es_ofd *ofd,
                                           const struct es_ofd_signature_ref *ref,
                                           struct es_error *err);

#endif
