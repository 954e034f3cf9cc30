#!/bin/sh
# Make the secrets of compose.yaml once, in docker/secrets. What exists is kept, so that it is safe to run again.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
# The folder is closed; the files are open, because a container's unprivileged user reads them through a bind mount.
chmod 700 secrets
umask 022

keep() { # name: a random text of 48 hexadecimal digits, or what the second argument gives
  [ -s "secrets/$1" ] || printf '%s' "${2:-$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')}" > "secrets/$1"
}

for name in postgres_password owner_password app_password valkey_password; do keep "$name"; done
for name in secret_key field_key; do keep "$name" "$(od -An -N48 -tx1 /dev/urandom | tr -d ' \n')"; done
keep database_url "postgresql://ov_app:$(cat secrets/app_password)@postgres:5432/oversight"
keep database_owner_url "postgresql://ov_owner:$(cat secrets/owner_password)@postgres:5432/oversight"
keep redis_url "redis://:$(cat secrets/valkey_password)@valkey:6379/0"
# Only needed where a model server wants a key; an empty one means none.
[ -e secrets/model_api_key ] || : > secrets/model_api_key
echo "secrets are in $(pwd)/secrets"
