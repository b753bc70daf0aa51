-- Tables whose rows do not pass as they are: bench_text goes as text, since it holds object numbers, bench_user_types as
-- binary with the target's type numbers put in. :rows is how many; zero makes them empty.
CREATE TYPE public.bench_mood AS ENUM ('glad', 'sad', 'so so');
CREATE TYPE public.bench_spot AS (x integer, y integer, label text);
CREATE UNLOGGED TABLE public.bench_text (
  id bigint, place regclass, qty integer, price numeric(12,2), name text, changed timestamptz
);
CREATE UNLOGGED TABLE public.bench_user_types (
  id bigint, moods public.bench_mood[], spot public.bench_spot, name text, changed timestamptz
);
INSERT INTO public.bench_text
SELECT i, 'pg_class', i % 1000, (i % 100000) / 100.0, 'name ' || i, timestamptz '2024-01-01' + i * interval '1 second'
FROM generate_series(1, :rows) AS i;
INSERT INTO public.bench_user_types
SELECT i, ARRAY['glad', 'sad', CASE WHEN i % 3 = 0 THEN 'so so' END]::public.bench_mood[],
       ROW(i, -i, 'spot ' || i)::public.bench_spot, 'name ' || i, timestamptz '2024-01-01' + i * interval '1 second'
FROM generate_series(1, :rows) AS i;
VACUUM ANALYZE public.bench_text, public.bench_user_types;
