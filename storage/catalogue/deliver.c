/* storage/catalogue/deliver.c - the index hears of a product by its outbox. */
#include "storage/catalogue/index.h"
#include "storage/outbox/outbox.h"

enum err
catalogue_deliver(struct store *store, struct arena *arena,
                  const struct outbox_message *message)
{
    struct product_id id;

    return product_id_parse(outbox_field(message, "id"), &id)
               ? catalogue_index(store, arena, id)
               : ERR_BAD_DATA;
}
