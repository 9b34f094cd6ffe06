/* test/support/keyed.h - a group of store tests whose store has a key file.
 *
 *     return cmocka_run_group_tests(tests, keyed_begin, keyed_end);
 */
#ifndef TEST_SUPPORT_KEYED_H
#define TEST_SUPPORT_KEYED_H

int keyed_begin(void **state);
int keyed_end(void **state);

#endif
