/* The floor: what an engine cannot do without, and nothing else.

   Every hour each site's row is touched, and the agents of the hour are taken from a ready list; each makes one Philox
   4x32-10 draw by its name and hour, touches its row of 64 bytes, and is put down for its next hour. As many agents and
   acts as in the base run. No rules, no places, no digest.

   ./floor RUNS HOURS SITES then, for each kind, AGENTS PERIOD: prints acts, sites' acts, and a sum that depends on all. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096, SLOTS = 512 };
typedef struct { uint64_t seen; double stock, draws[4]; uint64_t period, name; } Row;

static Row rows[MOST], sites[64];
static uint16_t ready[SLOTS][MOST];
static int n_ready[SLOTS];

static uint32_t philox(uint32_t name, uint32_t hour, uint32_t seed)
{
    uint32_t c[4] = {name, hour, 0, 0}, k0 = seed, k1 = 0x85ebca6bu;
    for (int r = 0; r < 10; r++, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u) {
        uint64_t a = (uint64_t)0xd2511f53u * c[0], b = (uint64_t)0xcd9e8d57u * c[2];
        uint32_t n[4] = {(uint32_t)(b >> 32) ^ c[1] ^ k0, (uint32_t)b, (uint32_t)(a >> 32) ^ c[3] ^ k1, (uint32_t)a};
        memcpy(c, n, sizeof c);
    }
    return c[0];
}

int main(int argc, char **argv)
{
    if (argc < 4) return 2;
    long runs = atol(argv[1]), hours = atol(argv[2]), n_sites = atol(argv[3]), acts = 0, of_sites = 0;
    double sum = 0.0;
    for (long run = 0; run < runs; run++) {
        int n = 0;
        memset(rows, 0, sizeof rows), memset(sites, 0, sizeof sites), memset(n_ready, 0, sizeof n_ready);
        for (int a = 4; a + 1 < argc; a += 2)
            for (int i = 0; i < atoi(argv[a]) && n < MOST; i++, n++) {
                rows[n].name = (uint64_t)n * 2654435761u, rows[n].period = (uint64_t)atoi(argv[a + 1]);
                int first = i % (int)rows[n].period % SLOTS;
                ready[first][n_ready[first]++] = (uint16_t)n;
            }
        for (long hour = 0; hour < hours; hour++) {
            int slot = (int)(hour % SLOTS), due = n_ready[slot];
            for (int k = 0; k < due; k++, acts++) {
                Row *row = &rows[ready[slot][k]];
                double u = philox((uint32_t)row->name, (uint32_t)hour, (uint32_t)run) * 0x1p-32;
                row->seen++, row->stock += u, row->draws[row->seen & 3] = u;
                int next = (int)((hour + (long)row->period) % SLOTS);
                ready[next][n_ready[next]++] = (uint16_t)(row - rows);
            }
            n_ready[slot] = 0;
            for (long j = 0; j < n_sites; j++, of_sites++) sites[j].seen++, sites[j].stock += 0.04;
        }
        for (int i = 0; i < n; i++) sum += rows[i].stock;
    }
    printf("%ld %ld %.6f\n", acts / runs, of_sites / runs, sum);
    return 0;
}
