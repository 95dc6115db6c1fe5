/* Time: instants are UTC milliseconds, dates are days since 1970-01-01; both are shown in the region's zone.
   A zone is an offset in minutes (UTC+8: 480). */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "str.h"

enum { DAY_MS = 86400000, MINUTE_MS = 60000, REQUEST_GRACE_MS = 60000 };       /* a request counts from its arrival, unless that is longer ago */

int64_t time_now_ms(void);                      /* the only reading of the wall clock */
/* From here on time_now_ms goes by the clock that counts since the machine started, in this process and those it makes: a step of
   the system clock, by hand or by NTP, moves no deadline. */
void time_hold(void);
int64_t time_step_ms(void);                     /* how far the system clock is from ours; 0 when it is not held */
int64_t time_cpu_us(void);                      /* CPU of this process and of the children it has waited for, for figures and limits */
int64_t time_mono_ms(void);                     /* for deadlines and waiting; never for records */

bool date_make(int year, int month, int day, int32_t *days);    /* false: no such day */
void date_split(int32_t days, int *year, int *month, int *day);
int date_weekday(int32_t days);                 /* 0 = Sunday */
bool date_parse(struct str s, int32_t *days);   /* YYYY-MM-DD */
struct str date_text(struct arena *a, int32_t days);
/* The same where it belongs, for years of four digits; how many bytes, 0 for others. */
enum { DATE_TEXT = 10, STAMP_TEXT = 19 };
size_t date_put(char to[DATE_TEXT], int32_t days);

int32_t instant_date(int64_t ms, int zone_minutes);
int64_t instant_midnight(int64_t ms, int zone_minutes);  /* the beginning of its day */
/* "2026-11-25T10:50" or with a space, seconds optional, in the zone; false on anything else. */
bool instant_parse(struct str s, int zone_minutes, int64_t *ms);
struct str instant_text(struct arena *a, int64_t ms, int zone_minutes);    /* 2026-11-25 18:50:03 */
size_t stamp_put(char to[STAMP_TEXT], int64_t ms, int zone_minutes);       /* as instant_text, without seconds when they are 0 */
struct str instant_iso(struct arena *a, int64_t ms);                       /* 2026-11-25T10:50:03.123Z */

#endif
