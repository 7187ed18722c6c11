/* Writes the page of the state machines into the file named: the build target state-machines. */
#include <stdio.h>

#include "es_machine.h"

int main(int argc, char **argv)
{
    ES_AUTO(es_buf) page = ES_BUF_INIT(1u << 20);
    struct es_error err = {0};

    if (argc != 2) {
        (void) fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 64;
    }
    if (es_machine_put_page(&page, &err) != ES_OK ||
        es_file_write(argv[1], es_buf_span(&page), 0644, true, &err) != ES_OK) {
        (void) fprintf(stderr, "%s\n", err.text);
        return es_status_exit(err.status);
    }
    return 0;
}
