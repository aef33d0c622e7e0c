#!/bin/sh
# SPDX-License-Identifier: MIT
# headers.sh INCLUDE CC: each public header stands alone, and says nothing that the strictest
# reader objects to, in C11 and, where there is a C++ compiler, in C++17 and C++20. So do the
# initialisers.
set -eu
include=$1
cc=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/initialisers" <<'EOF'
#include <helios/client.h>
#include <helios/service.h>
HELIOS_SERVICE_EXPORT;
const struct helios_service helios_service = HELIOS_SERVICE_INIT;
struct helios_error error_of(void);
struct helios_error error_of(void)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    return err;
}
struct helios_submission submission_of(void);
struct helios_submission submission_of(void)
{
    struct helios_submission job = HELIOS_SUBMISSION_INIT;
    return job;
}
EOF
cat >"$folder/designated" <<'EOF'
#include <helios/service.h>
static int run(struct helios_worker *worker, struct helios_job *job)
{
    (void)worker;
    return helios_job_completed(job);
}
HELIOS_SERVICE_EXPORT;
const struct helios_service helios_service = {
    HELIOS_SERVICE_HEAD,
    .name = "Strict",
    .version = "1.0",
    .run = run,
};
EOF
for header in "$include"/helios/*.h; do
    printf "#include <helios/%s>\nextern int not_empty;\n" "${header##*/}" >"$folder/header_$(basename "$header" .h)"
done

# read_as COMPILER LANGUAGE STANDARD FILE...
read_as()
{
    compiler=$1 language=$2 standard=$3
    shift 3
    for file; do
        "$compiler" -x "$language" "-std=$standard" -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$include" "$file" ||
            { echo "$(basename "$file") as $standard"; exit 1; }
    done
}
read_as "$cc" c c11 "$folder"/*
command -v g++ >/dev/null || { echo "there is no g++"; exit 77; }
read_as g++ c++ c++17 "$folder"/header_* "$folder/initialisers"
# Of the fields that are left out each would be named.
sed -i '1i #pragma GCC diagnostic ignored "-Wmissing-field-initializers"' "$folder/designated"
read_as g++ c++ c++20 "$folder"/*
