/* base/coro.c - see the header. */
#include "base/coro.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/xmalloc.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifndef WITH_ASAN
#define WITH_ASAN 0
#endif

#if WITH_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define WITH_VALGRIND 1
#else
#define WITH_VALGRIND 0
#endif

enum { STACK_BYTES = WITH_ASAN ? 256 * 1024 : 64 * 1024 };

struct coro {
    ucontext_t inside;
    ucontext_t outside; /* of whoever entered */
    char *map;          /* the guard page, then the stack */
    size_t map_bytes;
    void (*fn)(void *arg);
    void *arg;
    bool ended;
#if WITH_ASAN
    void *fake_inside;
    void *fake_outside;
    const void *outside_bottom;
    size_t outside_bytes;
#endif
#ifdef __SANITIZE_THREAD__
    void *tsan_inside;
    void *tsan_outside;
#endif
#if WITH_VALGRIND
    unsigned valgrind_id;
#endif
};

static char *
stack_bottom(const struct coro *coro)
{
    return coro->map + (coro->map_bytes - STACK_BYTES);
}

/* --- what the tools are told around a switch ----------------------------------------
 */
static void
before_entering(struct coro *coro)
{
#if WITH_ASAN
    __sanitizer_start_switch_fiber(&coro->fake_outside, stack_bottom(coro),
                                   STACK_BYTES);
#endif
#ifdef __SANITIZE_THREAD__
    coro->tsan_outside = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(coro->tsan_inside, 0);
#endif
    (void)coro;
}

static void
after_entering(struct coro *coro)
{
#if WITH_ASAN
    __sanitizer_finish_switch_fiber(coro->fake_inside, &coro->outside_bottom,
                                    &coro->outside_bytes);
#endif
    (void)coro;
}

static void
before_leaving(struct coro *coro)
{
#if WITH_ASAN
    __sanitizer_start_switch_fiber(&coro->fake_inside, coro->outside_bottom,
                                   coro->outside_bytes);
#endif
#ifdef __SANITIZE_THREAD__
    __tsan_switch_to_fiber(coro->tsan_outside, 0);
#endif
    (void)coro;
}

static void
after_leaving(struct coro *coro)
{
#if WITH_ASAN
    __sanitizer_finish_switch_fiber(coro->fake_outside, NULL, NULL);
#endif
    (void)coro;
}

static void
tools_meet(struct coro *coro)
{
#ifdef __SANITIZE_THREAD__
    coro->tsan_inside = __tsan_create_fiber(0);
#endif
#if WITH_VALGRIND
    coro->valgrind_id =
        VALGRIND_STACK_REGISTER(stack_bottom(coro), coro->map + coro->map_bytes);
#endif
    (void)coro;
}

static void
tools_part(struct coro *coro)
{
#ifdef __SANITIZE_THREAD__
    __tsan_destroy_fiber(coro->tsan_inside);
#endif
#if WITH_VALGRIND
    VALGRIND_STACK_DEREGISTER(coro->valgrind_id);
#endif
    (void)coro;
}

/* --- there and back -----------------------------------------------------------------
 */
/* makecontext() hands over ints only: the address comes in two halves. */
static void
body(unsigned high, unsigned low)
{
    uintptr_t address = ((uintptr_t)high << 32) | low;
    struct coro *coro = (struct coro *)address;

    after_entering(coro);
    for (;;) {
        coro->fn(coro->arg);
        coro->ended = true;
        coro_leave(coro);
    }
}

static bool
stack_map(struct coro *coro)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    coro->map_bytes = STACK_BYTES + page;
    coro->map = mmap(NULL, coro->map_bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (coro->map == MAP_FAILED) {
        return false;
    }
    if (mprotect(coro->map, page, PROT_NONE) != 0) {
        munmap(coro->map, coro->map_bytes);
        return false;
    }
    return true;
}

struct coro *
coro_new(void)
{
    struct coro *coro = xcalloc(1, sizeof *coro);
    uintptr_t address = (uintptr_t)coro;

    if (!stack_map(coro)) {
        free(coro);
        return NULL;
    }
    tools_meet(coro);
    getcontext(&coro->inside);
    coro->inside.uc_stack.ss_sp = stack_bottom(coro);
    coro->inside.uc_stack.ss_size = STACK_BYTES;
    coro->inside.uc_link = NULL;
    makecontext(&coro->inside, (void (*)(void))body, 2, (unsigned)(address >> 32),
                (unsigned)address);
    coro->ended = true;
    return coro;
}

void
coro_free(struct coro **coro)
{
    if (*coro == NULL) {
        return;
    }
    assert((*coro)->ended);
    tools_part(*coro);
    munmap((*coro)->map, (*coro)->map_bytes);
    free(*coro);
    *coro = NULL;
}

void
coro_set(struct coro *coro, void (*fn)(void *arg), void *arg)
{
    assert(coro->ended);
    coro->fn = fn;
    coro->arg = arg;
    coro->ended = false;
}

bool
coro_enter(struct coro *coro)
{
    assert(!coro->ended);
    before_entering(coro);
    swapcontext(&coro->outside, &coro->inside);
    after_leaving(coro);
    return coro->ended;
}

void
coro_leave(struct coro *coro)
{
    before_leaving(coro);
    swapcontext(&coro->inside, &coro->outside);
    after_entering(coro);
}
