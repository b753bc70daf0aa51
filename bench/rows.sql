-- Rows of 11 mixed columns, about 190 bytes a tuple. :rows is how many.
CREATE TABLE public.bench_rows (
  id bigint NOT NULL,
  customer integer NOT NULL,
  qty integer NOT NULL,
  price numeric(12,2) NOT NULL,
  ratio double precision NOT NULL,
  active boolean NOT NULL,
  ordered date NOT NULL,
  changed timestamptz NOT NULL,
  token uuid NOT NULL,
  name text NOT NULL,
  note varchar(100)
);
INSERT INTO public.bench_rows
SELECT i, (i * 7919) % 100000, (i % 1000)::int, (i % 1000000)::numeric / 100, i / 3.0, i % 3 = 0,
       date '2020-01-01' + (i % 2000)::int, timestamptz '2024-01-01 00:00:00+00' + i * interval '1 second',
       md5(i::text)::uuid, 'customer number ' || i, CASE WHEN i % 10 = 0 THEN NULL ELSE repeat('x', (i % 40)::int) END
FROM generate_series(1::bigint, :rows) AS i;
VACUUM ANALYZE public.bench_rows;
