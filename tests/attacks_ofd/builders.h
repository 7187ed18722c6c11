/* Builders of verification.md 9.3, by what they touch. */
#ifndef ES_TESTS_BUILDERS_H
#define ES_TESTS_BUILDERS_H

#include "attack.h"

/* content.c: what a reader reaches */
void page_changed(struct scene *s);
void entry_added(struct scene *s);
void page_added(struct scene *s);
void annotation_added(struct scene *s);
void open_entry_changed(struct scene *s);
void action_added(struct scene *s);
void root_turned(struct scene *s);
void protected_root_turned(struct scene *s);
void second_body(struct scene *s);
void sealed_body_second(struct scene *s);
void version_elsewhere(struct scene *s);
void root_open(struct scene *s);
void resource_in_signature_folder(struct scene *s);
void external_resource(struct scene *s);
void stamp_as_image(struct scene *s);
void straddled_page_replaced(struct scene *s);
void template_in_two_places(struct scene *s);

/* references.c: References and what they say */
void digests_renewed(struct scene *s);
void file_ref_written(struct scene *s);
void file_ref_fits_two(struct scene *s);
void file_ref_fits_two_cases(struct scene *s);
void entry_named_twice_once_wrong(struct scene *s);
void entry_named_twice(struct scene *s);
void missing_entry_named(struct scene *s);
void nothing_named(struct scene *s);
void own_files_named(struct scene *s);
void weak_digest(struct scene *s);
void no_check_method(struct scene *s);
void unknown_check_method(struct scene *s);
void rsa_named(struct scene *s);
void keyed_digests(struct scene *s);
void keyed_digests_bare(struct scene *s);

/* values.c: signatures, seals and stamps exchanged */
void signs_of_another(struct scene *s);
void value_of_another(struct scene *s);
void stamp_moved(struct scene *s);
void stamp_unseen(struct scene *s);
void value_listed_twice(struct scene *s);
void signature_folder_copied(struct scene *s);
void finer_seal_file(struct scene *s);
void property_info_of(struct scene *s);
void type_changed(struct scene *s);
void type_changed_seal_cancelled(struct scene *s);
void sign_value_with_stamp(struct scene *s);
void second_seal(struct scene *s);
void first_seal_dropped(struct scene *s);
void lock_then_append(struct scene *s);

/** The listener of ofd-29: connections made since. */
void no_connection(const struct scene *s, const struct es_report *report);

#endif
