package main

import (
	"io"
	"io/ioutil"
	"os"
	"path/filepath"
	"plugin"
	"strings"
	"sync"

	"tlsmatrix.case/common"
)

// The checks of two plugins in one program, init.plugin-*. The second, and the one that is to be refused, lie beside
// the first. Each check has a process of its own.

func init() {
	common.Word *= 3
	checkTable = append(checkTable,
		checkEntry{"init.plugin-shared", pluginShared},
		checkEntry{"init.plugin-types", pluginTypes},
		checkEntry{"init.plugin-twice", pluginTwice},
		checkEntry{"init.plugin-refused", pluginRefused})
}

// all is what Word is when program, plugin and second plugin were initialized once each.
const (
	withoutSecond = 3 * 5
	all           = withoutSecond * 7
)

func one(condition bool) string { return word(condition, "one", "several") }

func beside(name string) string { return filepath.Join(filepath.Dir(os.Args[1]), name) }

// find is Lookup of what must be there.
func find(from *plugin.Plugin, name string) interface{} {
	symbol, err := from.Lookup(name)
	if err != nil {
		fail("plugin: " + err.Error())
	}
	return symbol
}

func mustOpen(path string) *plugin.Plugin {
	opened, err := plugin.Open(path)
	if err != nil {
		fail("dlopen " + path + ": " + err.Error())
	}
	return opened
}

type seeing = func() (inits int, word *int, next, seven int, jumps bool)

// pluginShared: one package, initialized once, for program, plugin and second plugin.
func pluginShared() observation {
	called := common.Next()
	second := mustOpen(beside("second.so"))
	inits, words, closure := common.Inits, common.Word == all, called == 1
	numbers, jumps := true, common.Jumps(7)
	for i, opened := range []*plugin.Plugin{first, second} {
		its, word, next, seven, jumped := find(opened, "See").(seeing)()
		if its != 1 {
			inits = its
		}
		words = words && word == &common.Word && *word == all
		closure = closure && next == i+2
		numbers = numbers && seven == 7
		jumps = jumps && jumped
	}
	observed := "init=" + itoa(inits) + " variable=" + one(words) + " closure=" + one(closure) +
		" map=" + word(numbers, "made", "empty") + " switch=" + word(jumps, "own", "lost")
	return observation{observed: observed, note: "word=" + itoa(common.Word) + " of " + itoa(all)}
}

// pluginTypes: types, itabs and methods of the three.
func pluginTypes() observation {
	second := mustOpen(beside("second.so"))
	type making = func() (interface{}, common.Namer, interface{})
	makeFirst, known := find(first, "Make").(making)
	makeSecond, too := find(second, "Make").(making)
	if !known || !too {
		return observation{observed: "type=several", note: "of Make"}
	}
	var empty interface{} = (*common.Named)(nil)
	var namer common.Namer = (*common.Named)(nil)
	firstEmpty, firstNamer, firstUnnamed := makeFirst()
	secondEmpty, secondNamer, secondUnnamed := makeSecond()
	_, asserted := secondEmpty.(*common.Named)
	made := find(second, "Made").(func() interface{})()
	kept := find(second, "Call").(func(string) string)("Kept")
	teller, tells := find(second, "Told").(interface{ Tell() string })
	observed := "type=" + one(empty == firstEmpty && empty == secondEmpty && asserted) +
		" itab=" + one(namer == firstNamer && namer == secondNamer) +
		" unnamed=" + one(firstUnnamed == secondUnnamed) + " reflected=" + one(firstUnnamed == made) +
		" methods=" + word(kept == "kept" && tells && teller.Tell() == "told", "kept", "lost")
	return observation{observed: observed, note: kept}
}

// openAtOnce opens one path in eight goroutines; nil where they do not all get the same plugin.
func openAtOnce(path string) *plugin.Plugin {
	var opened [8]*plugin.Plugin
	var done sync.WaitGroup
	for i := range opened {
		done.Add(1)
		go func(i int) {
			defer done.Done()
			opened[i], _ = plugin.Open(path)
		}(i)
	}
	done.Wait()
	for _, one := range opened {
		if one != opened[0] {
			return nil
		}
	}
	return opened[0]
}

// aside makes a folder with a link to a file and with a copy of it.
func aside(path string) (folder, link, copied string) {
	folder, err := ioutil.TempDir("", "tlsmatrix-plugin")
	if err != nil {
		fail(err.Error())
	}
	link, copied = folder+"/link.so", folder+"/copy.so"
	if err = os.Symlink(path, link); err != nil {
		fail(err.Error())
	}
	from, err := os.Open(path)
	if err != nil {
		fail(err.Error())
	}
	defer from.Close()
	to, err := os.Create(copied)
	if err != nil {
		fail(err.Error())
	}
	defer to.Close()
	if _, err = io.Copy(to, from); err != nil {
		fail(err.Error())
	}
	return folder, link, copied
}

// refusal is what an attempt to open a plugin came to, by the words of runtime/plugin.go, and what other words there
// were.
func refusal(path, words string) (how, told string) {
	_, err := plugin.Open(path)
	if err == nil {
		return "opened", ""
	}
	if strings.Contains(err.Error(), words) {
		return "refused", ""
	}
	return "failed", err.Error()
}

// pluginTwice: the same file is the same plugin, by whatever name and by how many at once; a copy of it is refused.
func pluginTwice() observation {
	path, err := filepath.Abs(beside("second.so"))
	if err != nil {
		fail(err.Error())
	}
	folder, link, copied := aside(path)
	defer os.RemoveAll(folder)
	second := openAtOnce(path)
	if control("init.plugin-twice", "copy") {
		copied = link
	}
	again, _ := plugin.Open(path)
	if control("init.plugin-twice", "other") {
		again = first
	}
	linked, _ := plugin.Open(link)
	how, told := refusal(copied, "already loaded")
	if control("init.plugin-twice", "init") {
		common.Word *= 7
	}
	observed := "at-once=" + one(second != nil) + " again=" + word(again == second, "same", "other") +
		" link=" + word(linked == second, "same", "other") + " copy=" + how +
		" init=" + word(common.Word == all, "once", "again")
	return observation{observed: observed, note: told}
}

// pluginRefused: of a plugin whose shared package was compiled in another way nothing is initialized, and what was
// there works on.
func pluginRefused() observation {
	path := beside("other.so")
	if control("init.plugin-refused", "right") {
		path = beside("second.so")
	}
	how, told := refusal(path, "different version of package tlsmatrix.case/common")
	again, _ := refusal(path, "different version of package tlsmatrix.case/common")
	inits, seen, _, _, jumps := find(first, "See").(seeing)()
	works := inits == 1 && *seen == common.Word && jumps
	observed := "open=" + how + " again=" + again + " init=" + word(common.Word == withoutSecond, "none", "some") +
		" first=" + word(works, "works", "lost")
	return observation{observed: observed, note: told}
}
