#!/bin/sh
# The probes of the shop, deployed by the shell tool: what plan finds different, apply writes.
set -eu

target="$directory/monitoring/probes"
wanted() {
  printf 'http http://%s/api/health\n' "$hostname"
  printf 'file %s\n' "$report"
}

case "$1" in
  plan)
    if [ ! -f "$target" ]; then
      counts='"add":1,"change":0'
    elif ! wanted | cmp -s - "$target"; then
      counts='"add":0,"change":1'
    else
      exit 0
    fi
    printf '{%s,"destroy":0,"summary":"probes for %s"}\n' "$counts" "$hostname" > "$BELAY_PLAN_JSON"
    exit 2
    ;;
  apply)
    mkdir -p "$(dirname "$target")"
    wanted > "$target.new"
    mv "$target.new" "$target"
    ;;
  destroy)
    rm -f "$target"
    ;;
  outputs)
    printf '{"probes":%d}\n' "$(wanted | wc -l)"
    ;;
esac
