/* record.c - the write side of the record protocol (harness/record.h) for C hosts and for the
 * tracer.  No allocation and no stdio: it must work in a constructor, in a forked child and in a
 * process whose thread-local storage is what is under test; errno is kept for the same reason.
 *
 * Records are numbered process-wide.  Two threads that write at once would get their numbers in
 * one order and their lines in the other, which the reader counts as garbled: one thread writes. */
#include "probe.h"

#include <errno.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#else
#include <poll.h>
#endif
#include <string.h>
#include <unistd.h>

enum {
	PAYLOAD_MAX = 4096, /* RECORD_MAX of harness/record.h */
	HEAD_MAX = 64       /* newline, mark, two numbers, checksum */
};

static unsigned record_count;

/* A text that is cut, not overrun, at its end. */
struct text { char *at, *end; };

static void put(struct text *text, char c)
{
	if (text->at < text->end)
		*text->at++ = c;
}

static void put_text(struct text *text, const char *from)
{
	while (*from)
		put(text, *from++);
}

static void put_number(struct text *text, unsigned long number)
{
	char digits[24], *at = digits + sizeof digits - 1;
	*at = 0;
	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	put_text(text, at);
}

/* One field, escaped; NULL is empty.  CR is left out as a serial console adds it anyway. */
static void put_field(struct text *text, const char *field)
{
	for (; field && *field; field++)
		switch (*field) {
		case '\\':
			put_text(text, "\\\\");
			break;
		case '\t':
			put_text(text, "\\t");
			break;
		case '\n':
			put_text(text, "\\n");
			break;
		case '\r':
			put(text, ' ');
			break;
		default:
			put(text, *field);
		}
}

static unsigned crc32(unsigned crc, const char *from, size_t len)
{
	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= (unsigned char)from[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

/* Before each record, and again when there was no room for it. */
#ifdef _WIN32
static void make_ready(int again)
{
	(void)again;
	setmode(STDOUT_FILENO, O_BINARY); /* msvcrt puts CR in front of LF else */
}
#else
static void make_ready(int again)
{
	struct pollfd out = { STDOUT_FILENO, POLLOUT, 0 };
	if (again)
		poll(&out, 1, 1000);
}
#endif

static void write_all(const char *from, size_t len)
{
	make_ready(0);
	while (len) {
		ssize_t n = write(STDOUT_FILENO, from, len);
		if (n < 0 && errno == EAGAIN) {
			make_ready(1);
		} else if (n < 0 && errno != EINTR) {
			_exit(70); /* a record that cannot be written must not look like a pass */
		}
		if (n > 0) {
			from += n;
			len -= (size_t)n;
		}
	}
}

static void write_record(const char *kind, const char *const *fields, int count)
{
	int saved = errno;
	char payload[PAYLOAD_MAX], line[HEAD_MAX + PAYLOAD_MAX];
	struct text body = { payload, payload + sizeof payload };
	put_text(&body, kind);
	for (int i = 0; i < count; i++) {
		put(&body, '\t');
		put_field(&body, fields[i]);
	}
	size_t len = (size_t)(body.at - payload);

	struct text out = { line, line + sizeof line };
	put_text(&out, "\n#tlsm:");
	const char *head = out.at;
	put_number(&out, __atomic_add_fetch(&record_count, 1, __ATOMIC_RELAXED));
	put(&out, ' ');
	put_number(&out, len);
	put(&out, ' ');
	unsigned crc = crc32(crc32(0, head, (size_t)(out.at - head)), payload, len);
	for (int shift = 28; shift >= 0; shift -= 4)
		put(&out, "0123456789abcdef"[crc >> shift & 15]);
	put(&out, ' ');
	memcpy(out.at, payload, len);
	out.at += len;
	put(&out, '\n');
	write_all(line, (size_t)(out.at - line));
	errno = saved;
}

void probe_begin(const char *id) { write_record("begin", (const char *const[]){ id }, 1); }

void probe_obs(const char *id, const char *observed, const char *note)
{
	write_record("obs", (const char *const[]){ id, observed, note }, 3);
}

void probe_skip(const char *id, const char *skip_class, const char *reason)
{
	write_record("skip", (const char *const[]){ id, skip_class, reason }, 3);
}

void probe_end(void)
{
	char count[24];
	struct text text = { count, count + sizeof count - 1 };
	put_number(&text, record_count);
	*text.at = 0;
	write_record("end", (const char *const[]){ count }, 1);
}
