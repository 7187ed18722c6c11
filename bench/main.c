/* Tables, in Markdown. bench [ESEAL]: without the program, whole processes are left out. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void put_head(void)
{
    char now[ES_TIME_TEXT_MAX];
    struct utsname name;

    es_time_iso(es_clock_system().now_s(NULL), now);
    (void) uname(&name);
    (void) printf(
        "# Timings of %.10s\n\n%s, %s %s; %s. Costs are processor time, the best slice of "
        "several\nin turn; rates are by the wall clock.\n\n",
        now, es_crypto_library(), name.sysname, name.machine, "one machine, shared");
}

static void put_crypto(struct bench_crypto *k)
{
    struct bench_op ops[] = {{bench_our_sign, k, 0},   {bench_evp_sign, k, 0},
                             {bench_our_verify, k, 0}, {bench_evp_verify, k, 0},
                             {bench_our_sm3, k, 0},    {bench_evp_sm3, k, 0}};
    unsigned verified, made;

    bench_count_sm2(&verified, &made);
    bench_our_sign(k);
    bench_count_sm2(&verified, &made);
    bench_measure(ops, COUNT(ops), 4, 0.15);
    (void) printf(
        "## SM2 and SM3\n\n| | ours | OpenSSL alone | ours : OpenSSL |\n|---|---|---|---|\n");
    (void) printf("| SM2 sign /s (ours: %u signed, %u checked) | %.0f | %.0f | %.2f |\n", made,
                  verified, 1 / ops[0].cost_s, 1 / ops[1].cost_s, ops[0].cost_s / ops[1].cost_s);
    (void) printf("| SM2 verify /s | %.0f | %.0f | %.2f |\n", 1 / ops[2].cost_s, 1 / ops[3].cost_s,
                  ops[2].cost_s / ops[3].cost_s);
    (void) printf("| SM3 MB/s, 1 MiB | %.0f | %.0f | %.2f |\n\n", 1.048576 / ops[4].cost_s,
                  1.048576 / ops[5].cost_s, ops[4].cost_s / ops[5].cost_s);
}

struct row {
    double verify_s, seal_s, inflate_s, entries_s, file_s, expat_s;
    double verify1, verify2, seal1, seal2;
    unsigned verify_sm2, seal_made, seal_checked;
    size_t packed, unpacked;
};

static void measure_row(struct row *row, struct world *w, enum bench_size size)
{
    struct bench_case c;
    struct bench_parts p;
    unsigned none;

    bench_case_new(&c, w, size);
    bench_parts_new(&p, &c);
    bench_verify(&c); /* the second one is warm */
    bench_count_sm2(&row->verify_sm2, &none);
    bench_verify(&c);
    bench_count_sm2(&row->verify_sm2, &none);
    bench_seal(&c);
    bench_count_sm2(&row->seal_checked, &row->seal_made);
    {
        struct bench_op ops[] = {{bench_verify, &c, 0},      {bench_inflate, &p, 0},
                                 {bench_sm3_entries, &p, 0}, {bench_sm3_file, &p, 0},
                                 {bench_seal, &c, 0},        {bench_expat, &p, 0}};

        bench_measure(ops, COUNT(ops), 5, 0.1);
        row->verify_s = ops[0].cost_s;
        row->inflate_s = ops[1].cost_s;
        row->entries_s = ops[2].cost_s;
        row->file_s = ops[3].cost_s;
        row->seal_s = ops[4].cost_s;
        row->expat_s = ops[5].cost_s;
    }
    row->verify1 = bench_rate(bench_verify, &c, 1, 0.7);
    row->verify2 = bench_rate(bench_verify, &c, 2, 0.7);
    row->seal1 = bench_rate(bench_seal, &c, 1, 0.7);
    row->seal2 = bench_rate(bench_seal, &c, 2, 0.7);
    row->packed = c.sealed.len;
    row->unpacked = p.unpacked;
    bench_parts_clear(&p);
    bench_case_clear(&c);
}

static void put_verifying(const struct row *rows, double check_s)
{
    (void) printf(
        "## Verifying, warm\n\nContainer, reachability, digests of all entries and of the "
        "file, signature, seal, chains, CRL, state,\nunder \"assured\", the second "
        "document under the same seal. Parts: inflating (libdeflate), SM3 of the\nentries "
        "and of the file, one SM2 check (OpenSSL), XML (expat, handlers empty).\n\n");
    (void) printf(
        "| | bytes | unpacked | SM2 checks | verify ms | inflate | SM3 entries | SM3 file "
        "| XML | verify : parts | without XML among them |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < BENCH_SIZES; i++) {
        const struct row *r = &rows[i];
        const double parts = r->inflate_s + r->entries_s + r->file_s + check_s;

        (void) printf(
            "| %s | %zu | %zu | %u | %.3f | %.3f | %.3f | %.3f | %.3f | **%.2f** | %.2f |\n",
            bench_size_names[i], r->packed, r->unpacked, r->verify_sm2, r->verify_s * 1e3,
            r->inflate_s * 1e3, r->entries_s * 1e3, r->file_s * 1e3, r->expat_s * 1e3,
            r->verify_s / (parts + r->expat_s), r->verify_s / parts);
    }
    (void) printf("\n");
}

static void put_sealing(const struct row *rows, double sign_s, double check_s)
{
    (void) printf("## Sealing, warm\n\nThe document as in verifying, the seal, one place, sign, "
                  "assemble in memory. Parts: inflating, SM3 of\nthe entries, XML, and SM2: %u "
                  "signed, %u checked (the seal's; the new signature by the key before it\nleaves, "
                  "and again when it is put in, since keys may be elsewhere).\n\n",
                  rows[0].seal_made, rows[0].seal_checked);
    (void) printf("| | seal ms | seal : parts |\n|---|---|---|\n");
    for (int i = 0; i < BENCH_SIZES; i++) {
        const struct row *r = &rows[i];
        const double parts = r->inflate_s + r->entries_s + r->expat_s + sign_s * r->seal_made +
                             check_s * r->seal_checked;

        (void) printf("| %s | %.3f | **%.2f** |\n", bench_size_names[i], r->seal_s * 1e3,
                      r->seal_s / parts);
    }
}

static void put_rates(const struct row *rows)
{
    (void) printf("\n## Rates by the wall clock\n\n| per second | verify, 1 thread | 2 threads | "
                  "seal, 1 thread | 2 threads |\n|---|---|---|---|---|\n");
    for (int i = 0; i < BENCH_SIZES; i++)
        (void) printf("| %s | %.1f | %.1f | %.1f | %.1f |\n", bench_size_names[i], rows[i].verify1,
                      rows[i].verify2, rows[i].seal1, rows[i].seal2);
    (void) printf("\n");
}

static void put_processes(const char *eseal)
{
    struct bench_process rows[BENCH_SIZES];

    bench_processes(eseal, rows);
    (void) printf("## Whole processes\n\nSealing opens the key under its password; that is most of "
                  "its time.\n\n| | verify ms | CPU ms | peak MiB | sign ms | CPU ms | peak MiB |\n"
                  "|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < BENCH_SIZES; i++)
        (void) printf("| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |\n", bench_size_names[i],
                      rows[i].verify_s * 1e3, rows[i].verify_cpu_s * 1e3,
                      (double) rows[i].verify_kib / 1024, rows[i].sign_s * 1e3,
                      rows[i].sign_cpu_s * 1e3, (double) rows[i].sign_kib / 1024);
}

int main(int argc, char **argv)
{
    struct row rows[BENCH_SIZES] = {0};
    struct bench_crypto k;
    struct bench_op sm2[2];
    struct world w;

    world_new(&w);
    bench_crypto_new(&k, &w);
    put_head();
    put_crypto(&k);
    sm2[0] = (struct bench_op){bench_evp_sign, &k, 0};
    sm2[1] = (struct bench_op){bench_evp_verify, &k, 0};
    for (int i = 0; i < BENCH_SIZES; i++) {
        bench_measure(sm2, 2, 2, 0.1);
        measure_row(&rows[i], &w, (enum bench_size) i);
        bench_measure(sm2, 2, 2, 0.1);
    }
    put_verifying(rows, sm2[1].cost_s);
    put_sealing(rows, sm2[0].cost_s, sm2[1].cost_s);
    put_rates(rows);
    bench_crypto_clear(&k);
    world_clear(&w);
    if (argc > 1)
        put_processes(argv[1]);
    return 0;
}
