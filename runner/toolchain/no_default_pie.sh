#!/bin/sh
# no_default_pie.sh - CC of Go releases before 1.8: the compiler in $TLSMATRIX_CC, made to link no PIE unless asked.
#
# They were written for such a compiler: 1.5 links with -Wl,-r, beside which ld takes no -pie, and all of them link code
# that is not position-independent into what would become a PIE. Since 1.8 cmd/link says -no-pie itself
# (cmd/link/internal/ld/lib.go, golang/go#17847). A link is what names neither -shared nor -pie and is not stopped before.
#
# A CC with clang in its name is told -Qunused-arguments by cmd/go and cmd/link (cmd/go/build.go ccompilerCmd), which see
# this script's name.
case $TLSMATRIX_CC in
*clang*) set -- -Qunused-arguments "$@" ;;
esac
for word in "$@"; do
	case $word in
	-c | -E | -S | -shared | -pie | -static-pie) exec $TLSMATRIX_CC "$@" ;;
	esac
done
exec $TLSMATRIX_CC -no-pie "$@"
