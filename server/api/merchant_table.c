/* server/api/merchant_table.c - a merchant's products as a table: in as it arrives, and
 * out piece by piece.
 *
 * The job of an import is made when its header has been read and before a row is taken,
 * so that a table nobody can read is refused without a trace; it runs in the request's
 * own task and ends with it. Whoever asks for the job meanwhile sees how far it is.
 *
 * A request with the key of one that has ended is read to its end and compared; its rows
 * are not taken. */
#include <assert.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "proto/policy.h"
#include "server/api/api.h"
#include "server/api/doc.h"
#include "server/api/job.h"
#include "storage/catalogue/import.h"
#include "storage/catalogue/index.h"
#include "storage/store.h"

enum {
    TELL_EVERY_MS = 1000,
    SCRATCH_BYTES_MAX = 1 << 20,
    EXPORT_ARENA_BYTES = 64 << 20
};

/* --- in ----------------------------------------------------------------------------- */
struct importing {
    struct request *req;
    struct import *import;
    struct job job;        /* the one that was there before, for a repeat */
    bool has_job;          /* ours to work on */
    bool is_keyed;         /* by an Idempotency-Key */
    bool is_repeat;        /* under its key, of a request that has ended */
    struct sha256 *sha256; /* of the body as far as it came */
    struct job_error errors[JOB_ERRORS_MAX]; /* all that are kept */
    size_t errors_count, errors_told;
    int64_t errors_total;
    int64_t told_at_ms; /* monotonic */
};

static void
fault_found(void *arg, const struct table_fault *fault)
{
    struct importing *importing = arg;

    importing->errors_total++;
    if (importing->errors_count < JOB_ERRORS_MAX) {
        importing->errors[importing->errors_count++] = (struct job_error){
            .line = fault->line,
            .field = str_from(fault->field != NULL ? fault->field : ""),
            .reason = str_from(fault->reason),
        };
    }
}

/* Says how far it is; at the body's end also which body it was. */
static enum err
tell(struct importing *importing, struct str fingerprint)
{
    struct request *req = importing->req;
    struct arena *arena = arena_new(SCRATCH_BYTES_MAX);
    struct job_progress progress = {
        .done = import_counts(importing->import)->rows,
        .errors_total = importing->errors_total,
        .errors_before = importing->errors_told,
        .errors_count = importing->errors_count - importing->errors_told,
        .errors = importing->errors + importing->errors_told,
        .fingerprint = fingerprint,
    };
    enum err err = job_tell(req->store, arena, importing->job.id, &progress);

    importing->errors_told = importing->errors_count;
    importing->told_at_ms = clock_mono_ms();
    arena_free(&arena);
    return err;
}

/* The header cannot be used: refused as a field of a request would be. */
static enum err
refuse_header(struct importing *importing)
{
    const struct job_error *error = &importing->errors[0];

    assert(importing->errors_count > 0);
    return problem_field(importing->req, error->field.len > 0 ? error->field.data : "",
                         error->reason.data);
}

/* There is a job of this key. The answer ends the import in any case. */
static enum err
find_former(struct importing *importing)
{
    struct request *req = importing->req;
    enum err err = job_read(req->store, req->arena, importing->job.id, &importing->job);

    if (err != ERR_NONE) {
        return err;
    }
    importing->is_repeat =
        importing->job.state == JOB_DONE || importing->job.state == JOB_FAILED;
    return importing->is_repeat ? ERR_MOVED_ON : ERR_IDEMPOTENCY_BUSY;
}

static enum err
header_read(void *arg)
{
    struct importing *importing = arg;
    struct request *req = importing->req;
    enum err err;

    job_wanted(req, STR("import"), &importing->job);
    importing->is_keyed = importing->job.fingerprint.len > 0;
    importing->job.fingerprint = STR(""); /* not before the body's end */
    importing->job.state = JOB_RUNNING;
    err = job_create(req->store, req->arena, &importing->job, &importing->has_job);
    if (err != ERR_NONE || importing->has_job) {
        return err;
    }
    return find_former(importing);
}

/* What a key promises to be the same; empty when none was given. */
static struct str
body_fingerprint(struct importing *importing)
{
    uint8_t body[SHA256_BYTES], fingerprint[SHA256_BYTES];
    char *text = arena_alloc(importing->req->arena, 2 * SHA256_BYTES + 1);

    crypto_sha256_end(&importing->sha256, body);
    if (!importing->is_keyed) {
        return STR("");
    }
    request_fingerprint(importing->req, body, fingerprint);
    encode_hex(str_of(fingerprint, sizeof fingerprint), text);
    return str_from(text);
}

/* A piece, or with an empty one the end. A repeat's rows are not taken. */
static enum err
take_piece(struct importing *importing, struct str piece)
{
    enum err err = ERR_NONE;

    crypto_sha256_add(importing->sha256, piece);
    if (!importing->is_repeat) {
        err = piece.len > 0 ? import_feed(importing->import, piece)
                            : import_end(importing->import);
    }
    return importing->is_repeat ? ERR_NONE : err;
}

/* Takes in what arrives until the end, or until there is no going on. */
static enum err
take_body(struct importing *importing)
{
    struct str piece;
    enum err err;

    for (;;) {
        if ((err = request_body_read(importing->req, &piece)) != ERR_NONE ||
            (err = take_piece(importing, piece)) != ERR_NONE) {
            return err;
        }
        if (piece.len == 0) {
            return ERR_NONE;
        }
        if (importing->has_job &&
            clock_mono_ms() >= importing->told_at_ms + TELL_EVERY_MS &&
            (err = tell(importing, STR(""))) != ERR_NONE) {
            return err;
        }
    }
}

static struct str
result_text(struct importing *importing)
{
    const struct import_counts *counts = import_counts(importing->import);

    return arena_printf(importing->req->arena,
                        "{\"rows\":%lld,\"bad_rows\":%lld,\"made\":%lld,"
                        "\"changed\":%lld,\"unchanged\":%lld}",
                        (long long)counts->rows, (long long)counts->bad_rows,
                        (long long)counts->made, (long long)counts->changed,
                        (long long)counts->same);
}

/* Writes down how it ended. The record of a job that was begun always gets an end; when
 * even that fails, its silence says so in time. */
static enum err
end_job(struct importing *importing, enum err outcome)
{
    struct request *req = importing->req;
    enum err err =
        tell(importing, outcome == ERR_NONE ? body_fingerprint(importing) : STR(""));

    if (outcome != ERR_NONE) {
        enum err reason = outcome == ERR_STORE_DOWN || outcome == ERR_STORE_UNCERTAIN
                              ? outcome
                              : ERR_INTERRUPTED;

        job_failed(req->store, req->arena, importing->job.id, reason);
        return outcome;
    }
    if (err == ERR_NONE) {
        err =
            job_done(req->store, req->arena, importing->job.id, result_text(importing));
    }
    return err;
}

/* The job stays as it was. One that broke off before its body's end has nothing to
 * compare with: it is shown as it is. */
static enum err
judge_repeat(struct importing *importing)
{
    struct str former = importing->job.fingerprint;

    return former.len == 0 || str_equal(former, body_fingerprint(importing))
               ? ERR_NONE
               : ERR_IDEMPOTENCY_MISMATCH;
}

static enum err
import_all(struct importing *importing)
{
    enum err err = take_body(importing);

    if (importing->has_job) {
        return end_job(importing, err);
    }
    if (importing->is_repeat && err == ERR_NONE) {
        return judge_repeat(importing);
    }
    return err == ERR_INVALID_FIELD && importing->errors_count > 0
               ? refuse_header(importing)
               : err;
}

enum err
api_merchant_import(struct request *req)
{
    struct importing *importing = arena_alloc(req->arena, sizeof *importing);
    struct import_config config = {
        .store = req->store,
        .merchant = req->caller.member,
        .commission_bps_max = req->policy->commission.max_bps,
        .fault = fault_found,
        .began = header_read,
        .arg = importing,
    };
    enum err err;

    importing->req = req;
    importing->sha256 = crypto_sha256_begin();
    importing->import = import_open(&config);
    err = import_all(importing);
    import_close(&importing->import);
    crypto_sha256_free(&importing->sha256);
    if (err == ERR_NONE) {
        err = job_read(req->store, req->arena, importing->job.id, &importing->job);
    }
    if (importing->is_repeat) {
        reply_again(req);
    }
    return err == ERR_NONE ? reply_job(req, &importing->job) : err;
}

/* --- out ---------------------------------------------------------------------------- */
struct export
{
    struct request *req;
    struct catalogue_cursor at;
    struct csv_writer writer;
};

/* The next page of products; export->at is not given after the last. */
static enum err
write_page(struct export *export, struct arena *arena)
{
    struct request *req = export->req;
    struct catalogue_page page;
    enum err err = catalogue_own(req->store, arena, req->caller.member, &export->at,
                                 CATALOGUE_PAGE_MAX, &page);

    for (size_t i = 0; err == ERR_NONE && i < page.count; i++) {
        table_write_product(&export->writer, arena, &page.products[i]);
    }
    if (err == ERR_NONE && export->writer.out->full) {
        err = ERR_INTERNAL;
    }
    export->at = page.next;
    return err;
}

static enum err
write_all(struct export *export)
{
    struct buf *out = export->writer.out;
    enum err err;

    table_write_header(&export->writer);
    do {
        struct arena *arena = arena_new(EXPORT_ARENA_BYTES);

        err = write_page(export, arena);
        arena_free(&arena);
        if (err == ERR_NONE && out->len > 0) {
            err = reply_piece(export->req, buf_str(out));
        }
        buf_clear(out);
    } while (err == ERR_NONE && export->at.given);
    return err;
}

enum err
api_merchant_products_csv(struct request *req)
{
    static const char *const known[] = { NULL };
    struct buf out;
    struct export export = { .req = req, .writer = { .out = &out } };
    enum err err = request_query_only(req, known);

    if (err != ERR_NONE) {
        return err;
    }
    reply_header(req, "Content-Disposition",
                 STR("attachment; filename=\"products.csv\""));
    if ((err = reply_start(req, 200, "text/csv; charset=utf-8")) != ERR_NONE) {
        return err;
    }
    buf_init(&out, EXPORT_ARENA_BYTES);
    err = write_all(&export);
    buf_free(&out);
    return err;
}
