/* maps.c - what is mapped where in the first process, and whether an address is Go's text. */
#include "harness/trace/state.h"

#include <stdlib.h>
#include <string.h>

#include "matrix/base/buf.h"

const struct image *image_of(struct trace *trace, const char *path)
{
	for (size_t i = 0; i < trace->images; i++)
		if (!strcmp(trace->image[i].path, path))
			return &trace->image[i];
	struct image image = { 0 };
	if (image_read(path, &image))
		image.path = xstrdup(path); /* not ELF, or gone: nobody's Go text */
	trace->image = xrealloc(trace->image, (trace->images + 1) * sizeof image);
	trace->image[trace->images] = image;
	return &trace->image[trace->images++];
}

static int visit_region(const struct mapping *mapping, void *context)
{
	struct trace *trace = context;
	size_t image = (size_t)(image_of(trace, mapping->path) - trace->image);
	trace->region = xrealloc(trace->region, (trace->regions + 1) * sizeof *trace->region);
	trace->region[trace->regions++] = (struct region){ mapping->start, mapping->end, mapping->offset, image };
	return 0;
}

void regions_read(struct trace *trace)
{
	trace->regions = 0;
	mappings_each(trace->first, visit_region, trace);
}

int address_is_go(const struct trace *trace, trace_word address, trace_word *g0)
{
	for (size_t i = 0; i < trace->regions; i++) {
		const struct region *region = &trace->region[i];
		const struct image *image = &trace->image[region->image];
		if (address < region->start || address >= region->end)
			continue;
		trace_word in_file = image_address(image, address - region->start + region->offset);
		*g0 = image->g0 ? address - in_file + image->g0 : 0;
		return image->go && in_file >= image->text && in_file < image->etext;
	}
	return 0;
}
