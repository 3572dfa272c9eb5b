package main

import "plugin"

// Open is plugin.Open, called from within a plugin (golang/go#22175).
func Open(path string) (*plugin.Plugin, error) { return plugin.Open(path) }
