#!/bin/sh
# SPDX-License-Identifier: MIT
# hardening.sh RELEASE: every program, library and plugin of the release build RELEASE has what
# makes faults of memory hard to use: position independent, relocations read-only and all bound at
# the start, a stack that is not executable, stack protectors, checked copies, and on x86-64
# landing marks of indirect branches, with the note that says so in each object that we compile (in
# the whole only where the C library's own start files have it).
set -eu
cd "$1" 2>/dev/null || { echo "no release build in $1"; exit 77; }
status=0
bad() {
    echo "$file: $1"
    status=1
}
for file in daemon/helios_d daemon/ctl/helios lib/libhelios.so plugins/*.so; do
    [ -f "$file" ] || { bad "is not there"; continue; }
    head=$(readelf -hW "$file")
    segments=$(readelf -lW "$file")
    dynamic=$(readelf -dW "$file")
    symbols=$(nm -D --undefined-only "$file")
    case $head in *DYN*) ;; *) bad "is not position independent" ;; esac
    case $file:$dynamic in
    daemon/*PIE*) ;;
    daemon/*) bad "is not a position independent executable" ;;
    esac
    case $segments in *GNU_RELRO*) ;; *) bad "has no read-only relocations (RELRO)" ;; esac
    case $dynamic in *NOW*) ;; *) bad "is not bound at the start (BIND_NOW)" ;; esac
    printf '%s\n' "$segments" | grep 'GNU_STACK' | grep -q 'RWE' && bad "has an executable stack"
    case $file in plugins/*) continue ;; esac # small ones may have nothing to protect
    case $symbols in *__stack_chk_fail*) ;; *) bad "has no stack protector" ;; esac
    case $symbols in *_chk@*) ;; *) bad "has no checked copies (FORTIFY)" ;; esac
    case $head in
    *X86-64*)
        objdump -d --no-show-raw-insn "$file" | grep -q endbr64 || bad "has no marks for CET"
        ;;
    esac
done
# The linker keeps the note of CET (IBT, SHSTK) only if every object has it; ours all do.
case $(readelf -hW daemon/helios_d) in
*X86-64*)
    for file in $(find daemon lib services -name '*.o'); do
        case $(readelf -nW "$file") in *IBT*SHSTK*) ;; *) bad "has no note of CET" ;; esac
    done
    start=$(${CC:-cc} -print-file-name=Scrt1.o)
    case $(readelf -nW "$start") in
    *IBT*SHSTK*)
        file=daemon/helios_d
        case $(readelf -nW "$file") in *IBT*SHSTK*) ;; *) bad "lost the note of CET" ;; esac
        ;;
    esac
    ;;
esac
# Faults are injected in test builds only.
for file in daemon/helios_d daemon/ctl/helios lib/libhelios.so; do
    strings "$file" | grep -q HELIOS_FAULT && bad "contains fault points"
done
exit $status
