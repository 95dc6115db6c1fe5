/* Values: what handlers give to templates and JSON, and what web workers send to the writer.
   A tree owned by one arena; maps keep the order of insertion. */
#ifndef BASE_VAL_H
#define BASE_VAL_H

#include "arena.h"
#include "str.h"

enum val_kind { VAL_NULL, VAL_BOOL, VAL_INT, VAL_DEC, VAL_TEXT, VAL_LIST, VAL_MAP };

enum { DEC_ONE = 1000000 };     /* VAL_DEC counts millionths: exact, sums exactly, ±9.2e12 */

struct val {
	enum val_kind kind;
	union {
		bool b;
		int64_t i;              /* VAL_INT, and VAL_DEC in millionths */
		struct str s;
		struct val_list *list;
		struct val_map *map;
	};
};

struct val_list { VEC(struct val); };
struct val_pair { struct str key; struct val val; };
struct val_map { VEC(struct val_pair); };

#define VNULL ((struct val){ .kind = VAL_NULL })
static inline struct val val_bool(bool b) { return (struct val){ .kind = VAL_BOOL, .b = b }; }
static inline struct val val_int(int64_t i) { return (struct val){ .kind = VAL_INT, .i = i }; }
static inline struct val val_dec(int64_t micro) { return (struct val){ .kind = VAL_DEC, .i = micro }; }
static inline struct val val_text(struct str s) { return (struct val){ .kind = VAL_TEXT, .s = s }; }
static inline struct val val_textz(const char *s) { return val_text(str_c(s)); }
struct val val_list(struct arena *a);
struct val val_map(struct arena *a);
struct val val_list_room(struct arena *a, size_t items);        /* so many items without growing */
/* A map made in one piece, for what comes by the hundred: VAL_OF(a, { STR("id"), val_int(7) }, …). The keys must differ. */
struct val val_map_of(struct arena *a, const struct val_pair *pair, size_t n);
#define VAL_OF(a, ...) val_map_of((a), (struct val_pair[]){ __VA_ARGS__ }, sizeof((struct val_pair[]){ __VA_ARGS__ }) / sizeof(struct val_pair))

void val_push(struct arena *a, struct val list, struct val item);
/* Add or replace; the key is borrowed (a literal, or bytes of the same arena). */
void val_set(struct arena *a, struct val map, struct str key, struct val v);
#define VAL_SET(a, map, key, v) val_set((a), (map), STR(key), (v))

/* Readers never fail: the wrong kind or a missing key gives VNULL, the empty str, 0 or false. */
struct val val_get(struct val map, struct str key);
#define VAL_GET(map, key) val_get((map), STR(key))
struct val val_at(struct val list, size_t i);
size_t val_len(struct val v);                   /* items of a list or map, bytes of a text */
struct str val_str(struct val v);               /* VAL_TEXT only */
int64_t val_i64(struct val v);                  /* VAL_INT or VAL_DEC as it is stored, VAL_BOOL as 0/1 */
/* null, false, 0, "" and empty lists and maps are false */
static inline bool val_true(struct val v)
{
	switch (v.kind) {
	case VAL_NULL: return false;
	case VAL_BOOL: return v.b;
	case VAL_INT:
	case VAL_DEC: return v.i != 0;
	case VAL_TEXT: return v.s.n != 0;
	case VAL_LIST: return v.list->n != 0;
	case VAL_MAP: return v.map->n != 0;
	}
	return false;
}
bool val_is_null(struct val v);
bool val_eq(struct val a, struct val b);
struct val val_copy(struct arena *a, struct val v);     /* deep */

/* "12.5" ⇄ 12500000; at most 6 decimals; false on anything else or on overflow. */
bool dec_parse(struct str s, int64_t *micro);
int64_t dec_round(int64_t micro, int decimals);         /* half away from zero */
struct str dec_format(struct arena *a, int64_t micro);  /* no trailing zeros */

#endif
