#include "matrix/findings.h"

#include "matrix/base/buf.h"
#include "matrix/known.h"

#include <string.h>

const struct finding findings[] = {
#define FINDING(part, what, versions, check, known, cells, source, upstream) \
	{ part, what, versions, check, known, cells, source, upstream },
#include "matrix/findings.def"
#undef FINDING
};

const size_t finding_count = sizeof findings / sizeof *findings;

const struct finding_report finding_reports[] = {
#define REPORT(folder, what) { folder, what },
#include "matrix/findings_reports.def"
#undef REPORT
};

const size_t finding_report_count = sizeof finding_reports / sizeof *finding_reports;

const char *finding_folder(const struct finding *finding)
{
	for (size_t i = 0; i < finding_report_count; i++)
		if (strstr(finding->what, finding_reports[i].what))
			return finding_reports[i].folder;
	return NULL;
}

const struct known *finding_known(const struct finding *finding)
{
	for (size_t i = 0; i < known_count && *finding->known; i++)
		if (strstr(knowns[i].reason, finding->known))
			return &knowns[i];
	return NULL;
}

void finding_cells(const struct finding *finding, struct buf *out)
{
	const struct known *known = finding_known(finding);
	const char *cells = known ? known->where : finding->cells;
	/* A row that has a condition on checks has it last. */
	const char *end = strstr(cells, " & check=");
	end = end ? end : strstr(cells, " & !check=");
	buf_add_bytes(out, cells, end ? (size_t)(end - cells) : strlen(cells));
}

void finding_source(const struct finding *finding, struct buf *out)
{
	const struct known *known = finding_known(finding);
	const char *source = known ? known->link : finding->source;
	for (const char *s = source; *s;) {
		size_t digits = *s == '#' && (s == source || s[-1] == ' ') ? strspn(s + 1, "0123456789") : 0;
		if (digits) {
			s += 1 + digits;
			s += strspn(s, ",; ");
		} else {
			buf_add_bytes(out, s++, 1);
		}
	}
	while (out->len && strchr("; ", out->data[out->len - 1]))
		out->data[--out->len] = '\0';
}
