/* server/page/picture.c - see the header. */
#include "server/page/picture.h"

#include <limits.h>

#include "base/utf8.h"

/* The first row that fits counts, so the narrower words stand first. Latin words match
 * whole words, also with an s behind; Chinese ones wherever they stand. */
static const struct {
    const char *word;
    const char *drawing;
} words[] = {
    { "towel", "towel" },   { "毛巾", "towel" },    { "浴巾", "towel" },
    { "teapot", "pot" },    { "pot", "pot" },       { "pan", "pot" },
    { "锅", "pot" },        { "壶", "pot" },        { "mug", "cup" },
    { "cup", "cup" },       { "teacup", "cup" },    { "杯", "cup" },
    { "碗", "cup" },        { "茶饼", "leaf" },     { "普洱", "leaf" },
    { "花茶", "leaf" },     { "cake", "cake" },     { "糕", "cake" },
    { "饼", "cake" },       { "饮食", "cake" },     { "tea", "leaf" },
    { "龙井", "leaf" },     { "茶叶", "leaf" },     { "绿茶", "leaf" },
    { "红茶", "leaf" },     { "白茶", "leaf" },     { "fan", "fan" },
    { "折扇", "fan" },      { "团扇", "fan" },      { "cushion", "pillow" },
    { "pillow", "pillow" }, { "枕", "pillow" },     { "被", "pillow" },
    { "床品", "pillow" },   { "四件套", "pillow" }, { "垫", "pillow" },
    { "bag", "bag" },       { "包", "bag" },        { "箱", "bag" },
    { "box", "box" },       { "tin", "box" },       { "匣", "box" },
    { "盒", "box" },        { "notebook", "book" }, { "book", "book" },
    { "书", "book" },       { "pencil", "pencil" }, { "pen", "pencil" },
    { "文具", "pencil" },   { "笔", "pencil" },     { "lamp", "lamp" },
    { "light", "lamp" },    { "lantern", "lamp" },  { "candle", "lamp" },
    { "灯", "lamp" },       { "chair", "chair" },   { "stool", "chair" },
    { "家具", "chair" },    { "椅", "chair" },      { "shirt", "shirt" },
    { "衣", "shirt" },      { "服饰", "shirt" },    { "服装", "shirt" },
    { "bowl", "bowl" },     { "宠物", "bowl" },     { "vase", "vase" },
    { "flower", "vase" },   { "plant", "vase" },    { "花瓶", "vase" },
    { "家饰", "vase" },     { "gift", "gift" },     { "gift-ware", "gift" },
    { "礼", "gift" },
};

/* The ground that a drawing was made for. */
static const struct {
    const char *drawing;
    int ground;
} grounds[] = {
    { "leaf", 0 },  { "cup", 1 },   { "fan", 2 },   { "box", 3 },  { "pillow", 4 },
    { "towel", 5 }, { "pot", 7 },   { "cake", 6 },  { "bag", 6 },  { "pencil", 2 },
    { "lamp", 2 },  { "chair", 0 }, { "shirt", 7 }, { "bowl", 3 }, { "vase", 1 },
    { "gift", 3 },  { "book", 7 },
};

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || c == '-';
}

static bool
is_word_at(struct str text, size_t at, struct str word)
{
    size_t end = at + word.len;

    if ((unsigned char)word.data[0] >= 0x80) {
        return true;
    }
    if (end < text.len && text.data[end] == 's') {
        end++;
    }
    return (at == 0 || !is_letter(text.data[at - 1])) &&
           (end == text.len || !is_letter(text.data[end]));
}

/* From one place where its first byte stands to the next. */
static bool
has_word(struct str text, struct str word)
{
    size_t at = 0;

    while (at + word.len <= text.len) {
        const char *found =
            memchr(text.data + at, word.data[0], text.len - word.len - at + 1);

        if (found == NULL) {
            return false;
        }
        at = (size_t)(found - text.data);
        if (memcmp(found, word.data, word.len) == 0 && is_word_at(text, at, word)) {
            return true;
        }
        at++;
    }
    return false;
}

static struct str
lower_case(struct arena *arena, struct str text)
{
    char *lower = arena_cstr(arena, text);

    for (size_t i = 0; i < text.len; i++) {
        lower[i] = text.data[i] >= 'A' && text.data[i] <= 'Z'
                       ? (char)(text.data[i] - 'A' + 'a')
                       : text.data[i];
    }
    return (struct str){ lower, text.len };
}

/* Most words can be told not to be in a text by one byte that it does not have. */
static bool
has_all_bytes(const bool there[UCHAR_MAX + 1], const char *word)
{
    while (*word != '\0' && there[(unsigned char)*word]) {
        word++;
    }
    return *word == '\0';
}

static const char *
drawing_of(struct arena *arena, struct str text)
{
    bool there[UCHAR_MAX + 1] = { false }; /* bytes of the text */

    text = lower_case(arena, text);
    for (size_t i = 0; i < text.len; i++) {
        there[(unsigned char)text.data[i]] = true;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (has_all_bytes(there, words[i].word) &&
            has_word(text, str_from(words[i].word))) {
            return words[i].drawing;
        }
    }
    return NULL;
}

const char *
picture_drawing(struct arena *arena, const struct product *product)
{
    const char *drawing = drawing_of(arena, product->title);

    return drawing != NULL ? drawing : drawing_of(arena, product->category);
}

/* Neighbours in a partition and neighbouring partitions both differ. */
static int
spread(int64_t id, int count)
{
    return (int)((id + id / PARTITIONS) % count);
}

int
picture_ground(struct product_id id, const char *drawing)
{
    for (size_t i = 0; i < sizeof(grounds) / sizeof(grounds[0]); i++) {
        if (drawing != NULL && strcmp(grounds[i].drawing, drawing) == 0) {
            return grounds[i].ground;
        }
    }
    return spread(id.value, PICTURE_GROUNDS);
}

int
picture_sign(struct shop_number number)
{
    return spread(number.value, PICTURE_SIGNS);
}

struct str
picture_initial(struct str name)
{
    int32_t code_point;

    name.len = utf8_next(name, &code_point);
    return name;
}
