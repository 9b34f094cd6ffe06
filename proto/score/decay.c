/* proto/score/decay.c - forward decay: a day's weight, and sums over days. */
#include "proto/score/decay.h"

#include <assert.h>
#include <math.h>

/* 2^(r / H) as glibc's exp2((double)r / H) gave it once. Committed, never computed at
 * run time: another libm may differ in the last bit, and then scores would. */
// clang-format off
static const double table_7[] = {
    0x1.0000000000000p+0, 0x1.1aa59c4115e7dp+0, 0x1.381147622f886p+0,
    0x1.588cea3f093bep+0, 0x1.7c6a1f29e2ce6p+0, 0x1.a402feeb9c533p+0,
    0x1.cfbb031a741a4p+0,
};
static const double table_14[] = {
    0x1.0000000000000p+0, 0x1.0cfe6317120a2p+0, 0x1.1aa59c4115e7dp+0,
    0x1.28fe3d4cafbb7p+0, 0x1.381147622f886p+0, 0x1.47e830aa6b53ep+0,
    0x1.588cea3f093bep+0, 0x1.6a09e667f3bcdp+0, 0x1.7c6a1f29e2ce6p+0,
    0x1.8fb91d2a1763ap+0, 0x1.a402feeb9c533p+0, 0x1.b954806a97df0p+0,
    0x1.cfbb031a741a4p+0, 0x1.e744964be278bp+0,
};
static const double table_30[] = {
    0x1.0000000000000p+0, 0x1.05fbd4d5b4d5ap+0, 0x1.0c1b77b6cebedp+0,
    0x1.125fbee250664p+0, 0x1.18c98599396a9p+0, 0x1.1f59ac3c7d6c0p+0,
    0x1.2611186bae675p+0, 0x1.2cf0b5245e8f3p+0, 0x1.33f972e23dedep+0,
    0x1.3b2c47bff8329p+0, 0x1.428a2f98d728bp+0, 0x1.4a142c2b2e71ep+0,
    0x1.51cb453b9536cp+0, 0x1.59b088b8f29eep+0, 0x1.61c50ae161fd5p+0,
    0x1.6a09e667f3bcdp+0, 0x1.72803c9b50335p+0, 0x1.7b29358d41a64p+0,
    0x1.8406003b2ae5cp+0, 0x1.8d17d2b770068p+0, 0x1.965fea53d6e3cp+0,
    0x1.9fdf8bcce533dp+0, 0x1.a9980376421bcp+0, 0x1.b38aa5682153fp+0,
    0x1.bdb8cdadbe120p+0, 0x1.c823e074ec129p+0, 0x1.d2cd4a3ec542dp+0,
    0x1.ddb680117ab12p+0, 0x1.e8e0ffab4f93ep+0, 0x1.f44e4fb6c55d7p+0,
};
static const double table_60[] = {
    0x1.0000000000000p+0, 0x1.02f97ddc18368p+0, 0x1.05fbd4d5b4d5ap+0,
    0x1.09071f3e983adp+0, 0x1.0c1b77b6cebedp+0, 0x1.0f38f92d97963p+0,
    0x1.125fbee250664p+0, 0x1.158fe46563973p+0, 0x1.18c98599396a9p+0,
    0x1.1c0cbeb32bdf9p+0, 0x1.1f59ac3c7d6c0p+0, 0x1.22b06b135293fp+0,
    0x1.2611186bae675p+0, 0x1.297bd1d071ee8p+0, 0x1.2cf0b5245e8f3p+0,
    0x1.306fe0a31b715p+0, 0x1.33f972e23dedep+0, 0x1.378d8ad255102p+0,
    0x1.3b2c47bff8329p+0, 0x1.3ed5c954d8c10p+0, 0x1.428a2f98d728bp+0,
    0x1.46499af31b007p+0, 0x1.4a142c2b2e71ep+0, 0x1.4dea046a1cee2p+0,
    0x1.51cb453b9536cp+0, 0x1.55b8108f0ec5ep+0, 0x1.59b088b8f29eep+0,
    0x1.5db4d073c7920p+0, 0x1.61c50ae161fd5p+0, 0x1.65e15b8c1714dp+0,
    0x1.6a09e667f3bcdp+0, 0x1.6e3ecfd3f7012p+0, 0x1.72803c9b50335p+0,
    0x1.76ce51f6a0bb8p+0, 0x1.7b29358d41a64p+0, 0x1.7f910d768cfb0p+0,
    0x1.8406003b2ae5cp+0, 0x1.888834d662c09p+0, 0x1.8d17d2b770068p+0,
    0x1.91b501c2db3dfp+0, 0x1.965fea53d6e3cp+0, 0x1.9b18b53da0656p+0,
    0x1.9fdf8bcce533dp+0, 0x1.a4b497c92bfdep+0, 0x1.a9980376421bcp+0,
    0x1.ae89f995ad3adp+0, 0x1.b38aa5682153fp+0, 0x1.b89a32aefafabp+0,
    0x1.bdb8cdadbe120p+0, 0x1.c2e6a32b98f2dp+0, 0x1.c823e074ec129p+0,
    0x1.cd70b35cd636cp+0, 0x1.d2cd4a3ec542dp+0, 0x1.d839d4000bae4p+0,
    0x1.ddb680117ab12p+0, 0x1.e3437e7101344p+0, 0x1.e8e0ffab4f93ep+0,
    0x1.ee8f34dd8042ep+0, 0x1.f44e4fb6c55d7p+0, 0x1.fa1e827a1b38cp+0,
};
static const double table_90[] = {
    0x1.0000000000000p+0, 0x1.01faaed9f0e33p+0, 0x1.03f9488b8ebfbp+0,
    0x1.05fbd4d5b4d5ap+0, 0x1.08025b8896e25p+0, 0x1.0a0ce483df7f8p+0,
    0x1.0c1b77b6cebedp+0, 0x1.0e2e1d205901ep+0, 0x1.1044dccf460f8p+0,
    0x1.125fbee250664p+0, 0x1.147ecb8844cd1p+0, 0x1.16a20b0022228p+0,
    0x1.18c98599396a9p+0, 0x1.1af543b34e1c9p+0, 0x1.1d254dbeb6b05p+0,
    0x1.1f59ac3c7d6c0p+0, 0x1.219267be81732p+0, 0x1.23cf88e79816bp+0,
    0x1.2611186bae675p+0, 0x1.28571f0feb09fp+0, 0x1.2aa1a5aad04f5p+0,
    0x1.2cf0b5245e8f3p+0, 0x1.2f44567636c72p+0, 0x1.319c92abbd7e4p+0,
    0x1.33f972e23dedep+0, 0x1.365b00490d6fap+0, 0x1.38c14421af31ep+0,
    0x1.3b2c47bff8329p+0, 0x1.3d9c148a3381bp+0, 0x1.4010b3f946cb1p+0,
    0x1.428a2f98d728bp+0, 0x1.450891076e3e0p+0, 0x1.478be1f69f9c6p+0,
    0x1.4a142c2b2e71ep+0, 0x1.4ca1797d33826p+0, 0x1.4f33d3d8436bep+0,
    0x1.51cb453b9536cp+0, 0x1.5467d7ba29324p+0, 0x1.5709957af01d9p+0,
    0x1.59b088b8f29eep+0, 0x1.5c5cbbc379085p+0, 0x1.5f0e38fe336bbp+0,
    0x1.61c50ae161fd5p+0, 0x1.64813bf9fdc72p+0, 0x1.6742d6e9e1ac1p+0,
    0x1.6a09e667f3bcdp+0, 0x1.6cd675404ede2p+0, 0x1.6fa88e546cc1fp+0,
    0x1.72803c9b50335p+0, 0x1.755d8b21afb5dp+0, 0x1.7840850a207a0p+0,
    0x1.7b29358d41a64p+0, 0x1.7e17a7f9e7f59p+0, 0x1.810be7b549acap+0,
    0x1.8406003b2ae5cp+0, 0x1.8705fd1e0a350p+0, 0x1.8a0bea074da3dp+0,
    0x1.8d17d2b770068p+0, 0x1.9029c3062eab0p+0, 0x1.9341c6e2b7621p+0,
    0x1.965fea53d6e3cp+0, 0x1.99843978278fcp+0, 0x1.9caec0864089cp+0,
    0x1.9fdf8bcce533dp+0, 0x1.a316a7b335065p+0, 0x1.a65420b8dbc64p+0,
    0x1.a9980376421bcp+0, 0x1.ace25c9cbe880p+0, 0x1.b03338f6c6bc8p+0,
    0x1.b38aa5682153fp+0, 0x1.b6e8aeee17ed5p+0, 0x1.ba4d629fa9aa7p+0,
    0x1.bdb8cdadbe120p+0, 0x1.c12afd6358570p+0, 0x1.c4a3ff25cb04dp+0,
    0x1.c823e074ec129p+0, 0x1.cbaaaeeb495c6p+0, 0x1.cf38783e5d859p+0,
    0x1.d2cd4a3ec542dp+0, 0x1.d66932d8750e1p+0, 0x1.da0c4012ef44cp+0,
    0x1.ddb680117ab12p+0, 0x1.e1680113597f2p+0, 0x1.e520d174009efp+0,
    0x1.e8e0ffab4f93ep+0, 0x1.eca89a4dc8b32p+0, 0x1.f077b00cc9d0dp+0,
    0x1.f44e4fb6c55d7p+0, 0x1.f82c88377bf4dp+0, 0x1.fc126898365e4p+0,
};
// clang-format on

static const struct {
    int days;
    const double *table;
} half_lives[] = { { 7, table_7 },
                   { 14, table_14 },
                   { 30, table_30 },
                   { 60, table_60 },
                   { 90, table_90 } };

static const double *
find_table(int days)
{
    for (size_t i = 0; i < sizeof(half_lives) / sizeof(half_lives[0]); i++) {
        if (half_lives[i].days == days) {
            return half_lives[i].table;
        }
    }
    return NULL;
}

bool
half_life_allowed(int days)
{
    return find_table(days) != NULL;
}

struct half_life
half_life(int days, int32_t landmark)
{
    struct half_life half = { days, landmark, find_table(days) };

    assert(half.table != NULL);
    return half;
}

double
decay_factor(int32_t day, const struct half_life *half)
{
    int32_t n = day - half->landmark;
    int32_t whole = n / half->days, rest = n % half->days;

    if (rest < 0) { /* floor, not towards zero */
        rest += half->days;
        whole -= 1;
    }
    return ldexp(half->table[rest], whole);
}

double
decay_sum(const struct day_fen *days, size_t count, const struct half_life *half)
{
    double sum = 0.0;

    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || days[i].day > days[i - 1].day);
        sum += (double)days[i].fen * decay_factor(days[i].day, half);
    }
    return sum;
}
