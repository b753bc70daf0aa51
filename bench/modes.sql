-- A target of 2 M rows and 1 M rows for it, of which half match and a tenth of these differ. :side is what is made.
SELECT :'side' = 'target' AS is_target \gset
CREATE TABLE public.bench_merge (LIKE public.bench_rows, PRIMARY KEY (id));
\if :is_target
  CREATE TABLE public.bench_merge_kept (LIKE public.bench_rows);
  INSERT INTO public.bench_merge_kept
  SELECT i, (i * 7919) % 100000, (i % 1000)::int, (i % 1000000)::numeric / 100, i / 3.0, i % 3 = 0,
         date '2020-01-01' + (i % 2000)::int, timestamptz '2024-01-01 00:00:00+00' + i * interval '1 second',
         md5(i::text)::uuid, 'customer number ' || i, repeat('x', (i % 40)::int)
  FROM generate_series(1::bigint, 2000000) AS i;
\else
  INSERT INTO public.bench_merge
  SELECT i, (i * 7919) % 100000, (i % 1000)::int + (i % 10 = 0)::int, (i % 1000000)::numeric / 100, i / 3.0, i % 3 = 0,
         date '2020-01-01' + (i % 2000)::int, timestamptz '2024-01-01 00:00:00+00' + i * interval '1 second',
         md5(i::text)::uuid, 'customer number ' || i, repeat('x', (i % 40)::int)
  FROM generate_series(1500001::bigint, 2500000) AS i;
  VACUUM ANALYZE public.bench_merge;
\endif
