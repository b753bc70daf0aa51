#!/usr/bin/env bash
# Compares public.orders of the servers source and target: count and a hash over the rows' text.
set -euo pipefail

content() {
  psql -X -q -A -t -v ON_ERROR_STOP=1 "postgresql://leat@$1/shop" -c "
    SELECT count(*), sum(hashtextextended((id, customer, price, placed, tags)::text, 0)::numeric) FROM public.orders"
}
source=$(content source)
target=$(content target)
echo "source: $source"
echo "target: $target"
if [ "${source%%|*}" -eq 0 ] || [ "$source" != "$target" ]; then
  echo "The tables differ." >&2
  exit 1
fi
echo "The tables are equal."
