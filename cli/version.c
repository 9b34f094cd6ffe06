/* cli/version.c - xiaopu version: ours, and those of the libraries we run on. */
#include <hiredis/hiredis.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <uv.h>

#include "cli/command.h"
#include "proto/version.h"

int
command_version(const struct options *options)
{
    (void)options;
    printf("xiaopu %s\nlibuv %s\nhiredis %d.%d.%d\njansson %s\n%s\n", XIAOPU_VERSION,
           uv_version_string(), HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH,
           jansson_version_str(), OpenSSL_version(OPENSSL_VERSION));
    return EXIT_DONE;
}
