#!/bin/bash
# Checks docker-compose.yml as far as goes without a container engine: a real compose implementation accepts it, it
# refuses to start without a password, and every image is pinned to a release.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "check-compose: $*" >&2; exit 1; }

if command -v docker-compose >/dev/null; then compose=(docker-compose); else compose=(docker compose); fi
# Nothing of this machine's environment or of a developer's .env may make it pass.
no_settings=$(mktemp)
trap 'rm -f "$no_settings"' EXIT
config() { env -i PATH="$PATH" HOME="${HOME:-/}" "$@" "${compose[@]}" --env-file "$no_settings" -f docker-compose.yml config; }

resolved=$(config POSTGRES_PASSWORD=only-for-this-check) || fail 'docker-compose.yml is not valid'

if refusal=$(config 2>&1); then fail 'it starts without POSTGRES_PASSWORD'; fi
grep -q 'POSTGRES_PASSWORD' <<<"$refusal" || fail "without POSTGRES_PASSWORD it fails for another reason: $refusal"
grep -qx 'POSTGRES_PASSWORD=' .env.example || fail '.env.example must name POSTGRES_PASSWORD and give it no value'

images=$(sed -n 's/^ *image: *//p' <<<"$resolved"; sed -n 's/^FROM \([^ ]*\).*/\1/p' Dockerfile)
[ -n "$images" ] || fail 'no image found'
while read -r image; do
  [[ $image =~ :[^:/]*[0-9]+\.[0-9]+[^:/]*$ ]] || fail "image $image is not pinned to a release"
done <<<"$images"

version=$(node -p 'require("./package.json").version')
grep -qx "vgpu-ferry:$version" <<<"$images" || fail "the orchestrator's image must be vgpu-ferry:$version, as package.json says"

echo "compose file valid; images: $(tr '\n' ' ' <<<"$images")"
