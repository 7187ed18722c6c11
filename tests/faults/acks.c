/* Acknowledged entries as lines of a file; a last line without its end was never written whole. */
#include <inttypes.h>

#include "keeper.h"

es_status ack_write(int fd, const struct ack *ack, struct es_error *err)
{
    ES_AUTO(es_buf) line = ES_BUF_INIT(512);

    es_buf_printf(&line, "%s ", ack->log);
    es_buf_put_hex(&line, es_span_of(ack->id, sizeof ack->id));
    es_buf_printf(&line, " %" PRIu64 " %s\n", ack->index, ack->object);
    ES_TRY(es_buf_check(&line, err));
    ES_ENSURE(write(fd, line.ptr, line.len) == (ssize_t) line.len, err, ES_E_WRITE,
              "the line of %s cannot be written", ack->object);
    return ES_OK;
}

static bool read_id(const char *hex, uint8_t id[16])
{
    for (size_t i = 0; i < 16; i++) {
        unsigned value = 0;

        if (sscanf(hex + 2 * i, "%2x", &value) != 1)
            return false;
        id[i] = (uint8_t) value;
    }
    return true;
}

static bool read_line(const char *line, struct ack *out)
{
    char hex[33];

    *out = (struct ack){.index = 0};
    return line[strlen(line) - 1] == '\n' &&
           sscanf(line, "%7s %32s %" SCNu64 " %63s", out->log, hex, &out->index, out->object) ==
               4 &&
           strlen(hex) == 32 && read_id(hex, out->id);
}

es_status ack_each(const char *path, long tail,
                   es_status (*each)(void *ctx, const struct ack *ack, struct es_error *err),
                   void *ctx, struct es_error *err)
{
    FILE *in = fopen(path, "re");
    es_status status = ES_OK;
    char line[256];

    ES_ENSURE(in != NULL, err, ES_E_ABSENT, "%s cannot be read", path);
    if (tail > 0 && fseek(in, -tail, SEEK_END) == 0 && fgets(line, sizeof line, in) == NULL)
        line[0] = '\0'; /* the first was cut through */
    while (status == ES_OK && fgets(line, sizeof line, in) != NULL) {
        struct ack ack;

        if (read_line(line, &ack))
            status = each(ctx, &ack, err);
        else if (!feof(in) || line[strlen(line) - 1] == '\n')
            status = es_error_set(err, ES_E_FORMAT, "%s: no such line: %s", path, line);
    }
    (void) fclose(in);
    return status;
}
