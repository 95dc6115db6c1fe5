/* The dictionary for `lianchuang letter check`: indicators with what the records give, from the data folder that is named or lies here; without
   one, the region's indicators without values; without a region, none. */
#include <unistd.h>

#include "app/cli.h"
#include "app/data.h"
#include "feature/letter_dict.h"

enum rc letter_records(struct cx *cx, const struct letter_place *place, const struct letter_indicator **out, int *n)
{
	const char *data = place->data ? place->data : "data", *dir = place->region ? place->region : DEFAULT_REGION;
	struct data d;
	if (!place->region && (place->data || access("data/lianchuang.db", R_OK) == 0)) {
		TRY(data_open(cx, cx->arena, str_c(data), DB_READ, &d));
		struct rx rx = data_rx(cx, &d, NULL);
		return letter_dict(&rx, out, n);
	}
	struct region *region;
	*n = 0;
	if (access(dir, R_OK) != 0 && !place->region) return RC_OK;
	TRY(region_load(cx, cx->arena, str_c(dir), &region));
	fail_clear(cx);
	return letter_dict_plain(cx, region, out, n);
}
