package main

import (
	"plugin"
	"strings"

	"tlsmatrix.case/common"
)

func init() {
	checkTable = append(checkTable, checkEntry{"init.plugin-nested", pluginNested})
}

// pluginNested: a plugin that another plugin opens is as one that the program opens; what it alone has of std works.
func pluginNested() observation {
	second, err := find(first, "Open").(func(string) (*plugin.Plugin, error))(beside("second.so"))
	if err != nil {
		fail("dlopen: " + err.Error())
	}
	again := mustOpen(beside("second.so"))
	if control("init.plugin-nested", "other") {
		again = first
	}
	inits, its, _, seven, jumps := find(second, "See").(seeing)()
	number, text := 1.5, make(chan string)
	if control("init.plugin-nested", "float") {
		number = 2.5
	}
	find(second, "Format").(func(float64, chan<- string))(number, text)
	if control("init.plugin-nested", "begun") {
		find(second, "Start").(func() error)()
	}
	err = find(second, "Start").(func() error)()
	profile := find(second, "Stop").(func() string)()
	named := strings.Contains(profile, ".Stop+0x") && strings.Contains(profile, "main.pluginNested+0x")
	observed := "again=" + word(again == second, "same", "other") + " init=" + itoa(inits) +
		" variable=" + one(its == &common.Word && *its == all) + " map=" + word(seven == 7, "made", "empty") +
		" switch=" + word(jumps, "own", "lost") + " float=" + <-text +
		" profile=" + word(err == nil && named, "named", "lost")
	return observation{observed: observed, note: profile}
}
