#include "time.h"

#include <assert.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "arena.h"

static int64_t read_clock(clockid_t id, int64_t per_second)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * per_second + t.tv_nsec / (1000000000 / per_second);
}

/* Set once, by the process that serves, before it makes any other: the wall clock less the boot clock. 0: not held. */
static int64_t held_ms;

int64_t time_now_ms(void) { return held_ms ? read_clock(CLOCK_BOOTTIME, 1000) + held_ms : read_clock(CLOCK_REALTIME, 1000); }
void time_hold(void) { held_ms = read_clock(CLOCK_REALTIME, 1000) - read_clock(CLOCK_BOOTTIME, 1000); }
int64_t time_step_ms(void) { return read_clock(CLOCK_REALTIME, 1000) - time_now_ms(); }
int64_t time_mono_ms(void) { return read_clock(CLOCK_MONOTONIC, 1000); }
int64_t time_cpu_us(void)
{
	struct rusage children;
	int64_t own = read_clock(CLOCK_PROCESS_CPUTIME_ID, 1000000);
	if (getrusage(RUSAGE_CHILDREN, &children) != 0) return own;
	return own + ((int64_t)children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1000000 + children.ru_utime.tv_usec + children.ru_stime.tv_usec;
}

static bool leap(int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }

bool date_make(int year, int month, int day, int32_t *days)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
	if (day > lengths[month - 1] + (month == 2 && leap(year))) return false;
	/* Years begin in March, so that the leap day is the last one (Hinnant, days_from_civil). */
	int y = month <= 2 ? year - 1 : year, era = y / 400, yoe = y - era * 400;
	int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	*days = era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
	return true;
}

void date_split(int32_t days, int *year, int *month, int *day)
{
	int z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;
	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = yoe + era * 400 + (*month <= 2);
}

int date_weekday(int32_t days) { return (int)(((int64_t)days % 7 + 11) % 7); }

static bool digits(struct str s, size_t at, size_t n, int *out)
{
	if (at + n > s.n) return false;
	int v = 0;
	for (size_t i = at; i < at + n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9') return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = v;
	return true;
}

bool date_parse(struct str s, int32_t *days)
{
	int y, m, d;
	return s.n == 10 && s.p[4] == '-' && s.p[7] == '-' && digits(s, 0, 4, &y) && digits(s, 5, 2, &m) && digits(s, 8, 2, &d) &&
	       date_make(y, m, d, days);
}

/* Lists are full of dates: printf is several times slower than this. */
static void put_two(char *p, int v)
{
	static const char two[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
				  "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
	memcpy(p, two + 2 * v, 2);
}

static void put_date(char *p, int y, int m, int d)
{
	put_two(p, y / 100);
	put_two(p + 2, y % 100);
	p[4] = p[7] = '-';
	put_two(p + 5, m);
	put_two(p + 8, d);
}

size_t date_put(char to[DATE_TEXT], int32_t days)
{
	int y, m, d;
	date_split(days, &y, &m, &d);
	if (y < 0 || y > 9999) return 0;
	put_date(to, y, m, d);
	return DATE_TEXT;
}

struct str date_text(struct arena *a, int32_t days)
{
	char *p = arena_alloc(a, DATE_TEXT + 1);
	if (date_put(p, days)) return (struct str){ p, DATE_TEXT };
	int y, m, d;
	date_split(days, &y, &m, &d);
	return str_fmt(a, "%04d-%02d-%02d", y, m, d);
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

int32_t instant_date(int64_t ms, int zone_minutes) { return (int32_t)floor_div(ms + (int64_t)zone_minutes * MINUTE_MS, DAY_MS); }

bool instant_parse(struct str s, int zone_minutes, int64_t *ms)
{
	int32_t days;
	int h, min, sec = 0;
	if (s.n != 16 && s.n != 19) return false;
	if (!date_parse(str_sub(s, 0, 10), &days) || (s.p[10] != 'T' && s.p[10] != ' ') || s.p[13] != ':') return false;
	if (!digits(s, 11, 2, &h) || !digits(s, 14, 2, &min) || h > 23 || min > 59) return false;
	if (s.n == 19 && (s.p[16] != ':' || !digits(s, 17, 2, &sec) || sec > 59)) return false;
	*ms = (int64_t)days * DAY_MS + ((int64_t)(h * 60 + min - zone_minutes) * 60 + sec) * 1000;
	return true;
}

int64_t instant_midnight(int64_t ms, int zone_minutes) { return instant_date(ms, zone_minutes) * (int64_t)DAY_MS - zone_minutes * (int64_t)MINUTE_MS; }

static void put_time(char *to, int64_t seconds)
{
	put_two(to, (int)(seconds / 3600));
	put_two(to + 3, (int)(seconds / 60 % 60));
	put_two(to + 6, (int)(seconds % 60));
	to[2] = to[5] = ':';
}

/* Day and second of an instant in a zone. */
static int32_t split(int64_t ms, int zone_minutes, int64_t *seconds)
{
	int64_t local = floor_div(ms, 1000) + (int64_t)zone_minutes * 60, day = floor_div(local, 86400);
	*seconds = local - day * 86400;
	return (int32_t)day;
}

size_t stamp_put(char to[STAMP_TEXT], int64_t ms, int zone_minutes)
{
	int64_t seconds;
	if (!date_put(to, split(ms, zone_minutes, &seconds))) return 0;
	to[10] = ' ';
	put_time(to + 11, seconds);
	return seconds % 60 ? STAMP_TEXT : STAMP_TEXT - 3;
}

struct str instant_text(struct arena *a, int64_t ms, int zone_minutes)
{
	char *p = arena_alloc(a, STAMP_TEXT + 1);
	int64_t seconds;
	int32_t day = split(ms, zone_minutes, &seconds);
	put_time(p + 11, seconds);
	if (!date_put(p, day)) return str_fmt(a, "%.*s %.8s", STRF(date_text(a, day)), p + 11);
	p[10] = ' ';
	return (struct str){ p, STAMP_TEXT };
}

struct str instant_iso(struct arena *a, int64_t ms)
{
	struct str s = instant_text(a, ms, 0);
	return str_fmt(a, "%.10sT%.8s.%03dZ", s.p, s.p + 11, (int)(ms - floor_div(ms, 1000) * 1000));
}
