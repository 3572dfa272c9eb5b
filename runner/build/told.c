#include "runner/build/told.h"

#include "runner/build/recipe.h"
#include "runner/process/script.h"
#include "runner/toolchain/go_env.h"

#include <stdlib.h>
#include <string.h>

/* The commands up to the one that was run last.  The name of a build is made of them (name.h), so that they are the
 * same today. */
static json_t *commands_run(const struct script *script, const char *last)
{
	json_t *list = json_array();
	size_t count = 0;
	while (count < script->commands.count && strcmp(script->commands.word[count], last) != 0)
		count++;
	for (size_t i = 0; i < count && count < script->commands.count; i++)
		json_array_append_new(list, json_string(script->commands.word[i]));
	if (*last)
		json_array_append_new(list, json_string(last));
	return list;
}

json_t *build_told(const struct setup *setup, const struct build *build)
{
	json_t *json = build_load(setup, build), *runs;
	if (!json)
		return NULL;
	const char *output = json_string_value(json_object_get(json, "output")),
		   *last = json_string_value(json_object_get(json, "command"));
	char *message = script_telling(output ? output : "");
	struct build made = build_twisted(build);
	struct script script;
	script_init(&script, 0);
	script.dry = 1;
	go_env(setup, &build->cell, &script.env);
	recipe_case(setup, &made, &script, runs = json_object());
	json_object_set_new(json, "message", json_string(message));
	json_object_set_new(json, "commands", commands_run(&script, last ? last : ""));
	if (json_integer_value(json_object_get(json, "exit")) == 0 && script.artifact)
		json_object_set_new(json, "command", json_string(script.commands.word[script.artifact - 1]));
	json_decref(runs);
	script_free(&script);
	free(message);
	return json;
}
